//! Registrations through edge and core over real sockets: what succeeds, what is refused, and what one mistake lets through.

mod bed;

use bed::Bed;
use bed::client::{Client, Register, status};
use serde_json::json;

const ALICE: &str = "sip:alice0@op.example";
const BOB: &str = "sip:bob0@op.example";

#[tokio::test]
async fn a_token_registers_its_identity_and_nobody_else() {
    let bed = Bed::honest().await;
    let mut client = Client::connect(&bed.world).await;
    assert_eq!(
        client
            .register(&Register::of(ALICE).token(&bed.world.alice()))
            .await,
        200
    );
    let bindings = bed.hook(json!({ "hook": "bindings", "impu": ALICE })).await;
    assert_eq!(
        bindings["bindings"],
        json!(["sip:wic@host.invalid;transport=ws"])
    );
    let mut other = Client::connect(&bed.world).await;
    assert_eq!(
        other
            .register(&Register::of(BOB).token(&bed.world.alice()))
            .await,
        403
    );
    assert_eq!(
        bed.hook(json!({ "hook": "bindings", "impu": BOB })).await["bindings"],
        json!([])
    );
}
