//! The mistakes of the edge below SIP: what it takes by which transport.

macro_rules! edge_transport {
    ($next:ident $($rest:ident)*; $($before:tt)*) => {
        $next! { $($rest)*; $($before)*
            /// Agrees to HTTP/2 and goes on in HTTP/1.1.
            AgreesToHttp2 = "agrees-to-http2" @ EpCscf,
            /// Reads SIP that comes to the port of W2 in clear.
            ReadsClearSip = "reads-clear-sip" @ EpCscf,
            /// Takes tokens on its port for phones, which has no TLS.
            TakesTokensFromPhones = "takes-tokens-from-phones" @ EpCscf,
            /// Takes an upgrade from any page if it has a cookie.
            CookieOutweighsOrigin = "cookie-outweighs-origin" @ EpCscf,
            /// Takes whoever comes with a good cookie for entitled to every subscriber's public identities.
            CookieOpensAnyIdentity = "cookie-opens-any-identity" @ EpCscf,
        }
    };
}
