//! ISIMs: who has one, what ours makes of a challenge as a WIC's, and the challenges that no ISIM may answer.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sip::Credentials;
use sip::aka::{Block, Checked, Sequence, Vector, read_nonce, write_auts};
use sip::digest::Algorithm;

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::registrar::Decision;
use crate::world::Isim;

/// How far ahead of the last challenge an ISIM says that it is.
const AHEAD: Sequence = 32 * 1000;

/// What the ISIMs of a play have accepted: sequence number and nonce, by IMPI. A play begins with ISIMs that have seen nothing.
pub(crate) type Accepted = HashMap<String, (Sequence, String)>;

/// The algorithm of AKA that the SUT declares first; none where AKA is not declared.
pub(crate) fn declared(bed: &Bed) -> Option<Algorithm> {
    let aka = bed
        .answers("ims-mechanisms")
        .iter()
        .any(|word| word == "aka");
    let first = bed.answers("aka-algs").first().map(String::as_str);
    aka.then(|| Algorithm::named(first.unwrap_or("akav2-sha-256")))?
}

/// The ISIM of an IMPI that is authenticated by AKA here.
pub(crate) fn of<'a>(bed: &'a Bed, impi: &str) -> Option<&'a Isim> {
    declared(bed)?;
    bed.world.isims.get(impi)
}

/// The algorithm by which an IMPI is authenticated, if it is AKA.
pub(crate) fn algorithm_of(bed: &Bed, impi: &str) -> Option<Algorithm> {
    of(bed, impi).and_then(|_| declared(bed))
}

/// The algorithm of a challenge, if it is AKA.
pub(super) fn algorithm(challenge: &Credentials) -> Option<Algorithm> {
    let algorithm = Algorithm::named(challenge.param("algorithm")?)?;
    algorithm.is_aka().then_some(algorithm)
}

fn vector(bed: &Bed, impi: &str, challenge: &Credentials) -> Result<(Vector, Checked), String> {
    let isim = bed.world.isims.get(impi);
    let isim = isim.ok_or_else(|| format!("{impi} is challenged by AKA and has no ISIM"))?;
    let nonce = challenge.param("nonce").unwrap_or_default();
    let (random, autn) =
        read_nonce(nonce).ok_or("the nonce of an AKA challenge is not RAND and AUTN")?;
    let checked = isim.keys.check(random, autn);
    let sequence = match checked {
        Checked::Sequence(sequence) => sequence,
        Checked::WrongMac => 0,
    };
    Ok((isim.keys.vector(random, sequence), checked))
}

/// Checks a challenge as an ISIM does: MAC first, then that the sequence number is above all that it has accepted.
///
/// # Errors
/// Why no ISIM answers it, a fault of whoever made or relayed the challenge.
pub(super) fn check(
    bed: &Bed,
    play: &Play,
    impi: &str,
    challenge: &Credentials,
) -> Result<(), String> {
    if algorithm(challenge).is_none() {
        return Ok(());
    }
    let (_, checked) = vector(bed, impi, challenge)?;
    let Checked::Sequence(sequence) = checked else {
        return Err("the AKA challenge has a wrong MAC".to_owned());
    };
    let nonce = challenge.param("nonce").unwrap_or_default().to_owned();
    let mut accepted = lock(&play.isims);
    match accepted.get(impi) {
        Some((_, known)) if *known == nonce => Ok(()),
        Some((highest, _)) if sequence <= *highest => Err(format!(
            "the AKA challenge has the sequence number {sequence}, and the ISIM has accepted {highest}"
        )),
        _ => {
            accepted.insert(impi.to_owned(), (sequence, nonce));
            Ok(())
        }
    }
}

/// What a response to a challenge is computed from by an algorithm: for AKA the vector's password, for a plain one RES as it is;
/// `None` where the challenge is not AKA.
pub(super) fn password(
    bed: &Bed,
    impi: &str,
    challenge: &Credentials,
    by: Algorithm,
) -> Result<Option<Vec<u8>>, String> {
    if algorithm(challenge).is_none() {
        return Ok(None);
    }
    let (vector, _) = vector(bed, impi, challenge)?;
    Ok(Some(
        vector.password(by).unwrap_or_else(|| vector.res.to_vec()),
    ))
}

/// The parameter `auts`: proven, from an ISIM that is far ahead; or forged, by somebody who has no K and names a low number.
pub(super) fn auts(
    bed: &Bed,
    play: &Play,
    impi: &str,
    challenge: &Credentials,
    forged: bool,
) -> Result<String, String> {
    let (vector, checked) = vector(bed, impi, challenge)?;
    let Checked::Sequence(sequence) = checked else {
        return Err("the AKA challenge has a wrong MAC".to_owned());
    };
    let isim = &bed.world.isims[impi];
    let told = if forged { 1 } else { sequence + AHEAD };
    let mut auts = isim.keys.auts(vector.random, told);
    if forged {
        auts.iter_mut().skip(6).for_each(|byte| *byte = !*byte);
    } else {
        let nonce = challenge.param("nonce").unwrap_or_default().to_owned();
        lock(&play.isims).insert(impi.to_owned(), (told, nonce));
    }
    let value = write_auts(auts);
    play.masked("auts", &value);
    Ok(value)
}

/// An AKA challenge that no ISIM may answer with RES.
pub(super) fn mangled(bed: &Bed, mut decision: Decision, told: Option<&str>) -> Decision {
    for (_, value) in &mut decision.fields {
        let nonce = Credentials::parse(value)
            .and_then(|challenge| challenge.param("nonce").map(str::to_owned));
        let Some(nonce) = nonce else { continue };
        let Some((random, autn)) = read_nonce(&nonce) else {
            continue;
        };
        let mut isims = bed.world.isims.values();
        if let Some(other) = isims.find_map(|isim| untrusted(isim, random, autn, told)) {
            let other = STANDARD.encode([random, other].concat());
            *value = value.replace(&nonce, &other);
        }
    }
    decision
}

/// The AUTN of the lie.
fn untrusted(isim: &Isim, random: Block, autn: Block, told: Option<&str>) -> Option<Block> {
    let Checked::Sequence(sequence) = isim.keys.check(random, autn) else {
        return None;
    };
    // One step back is the number that was given last. Its index is the same, so that an ISIM that keeps a highest number for
    // each index (TS 33.102 C.2.2) has seen it too.
    let used = isim.keys.vector(random, sequence.saturating_sub(32)).autn;
    match told? {
        "aka-stale" => Some(used),
        "aka-mac" => Some(std::array::from_fn(|at| {
            if at < 8 { autn[at] } else { !autn[at] }
        })),
        "aka-sequence" => Some(std::array::from_fn(|at| {
            if at < 6 { used[at] } else { autn[at] }
        })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    #[test]
    fn every_lie_is_one_that_an_isim_can_see() {
        let folder = std::env::temp_dir().join(format!("wicheck-isim-{}", std::process::id()));
        let world = World::make(&folder, 1, time::OffsetDateTime::now_utc()).unwrap();
        let isim = &world.isims["erin0@op.example"];
        let before = isim.given();
        let vector = isim.next();
        let seen = |told: &str| {
            let autn = untrusted(isim, vector.random, vector.autn, Some(told)).unwrap();
            isim.keys.check(vector.random, autn)
        };
        assert_eq!(seen("aka-stale"), Checked::Sequence(before));
        assert_eq!(seen("aka-mac"), Checked::WrongMac);
        assert_eq!(seen("aka-sequence"), Checked::WrongMac);
        assert_eq!(
            untrusted(isim, vector.random, vector.autn, Some("no-qop")),
            None
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
