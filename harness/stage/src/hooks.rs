//! The hooks of a SUT file: a command that gets one JSON object on stdin, or an HTTP address that gets it as a POST.

use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use evidence::What;
use script::sut_file::Hook;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::bed::Bed;
use crate::launch::{cannot_run, environment, program_of};
use crate::play::Play;

/// An answer is no longer than this.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// Asks a hook and tells the tap what it was asked and answered.
pub(crate) async fn ask(
    bed: &Bed,
    play: &Play,
    name: &'static str,
    mut request: Value,
) -> Result<Value, String> {
    request["hook"] = Value::String(name.to_owned());
    // Within the case's own time, so that a hook that hangs is told as such and not as a case that took too long.
    let within = bed
        .time("driver-time", 30_000)
        .min(bed.case_time().mul_f32(0.8));
    let answered = match bed.hook(name) {
        None => Err(format!(
            "the SUT file has no hook {name}: add `{name} = ...` to [hooks]"
        )),
        Some(hook) => match tokio::time::timeout(within, call(bed, &hook, &request)).await {
            Ok(answered) => answered,
            Err(_) => Err(format!(
                "the hook {name} did not answer within {} ms",
                within.as_millis()
            )),
        },
    };
    let answer = answered
        .as_ref()
        .map_or_else(|why| json!({ "error": why }), Clone::clone);
    play.tap.record(What::Hook {
        name: name.to_owned(),
        request,
        answer,
    });
    let answer = answered?;
    match answer["ok"].as_bool() {
        Some(false) => Err(format!(
            "the hook {name} says: {}",
            answer["error"].as_str().unwrap_or("not ok")
        )),
        _ => Ok(answer),
    }
}

async fn call(bed: &Bed, hook: &Hook, request: &Value) -> Result<Value, String> {
    match hook {
        Hook::Http(address) => post(address, request).await,
        Hook::Command(words) => run(bed, words, request).await,
    }
}

async fn post(address: &str, request: &Value) -> Result<Value, String> {
    static CLIENT: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    let client = CLIENT.get_or_init(|| {
        // The first to choose a provider chooses for the process; that it is chosen already is no error.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .build();
        client.map_err(|why| why.to_string())
    });
    let client = client.as_ref().map_err(Clone::clone)?;
    let answer = client
        .post(address)
        .json(request)
        .send()
        .await
        .map_err(|why| why.to_string())?;
    answer.json().await.map_err(|why| why.to_string())
}

/// The last line of its output that is a JSON object is the answer; without one its exit status is.
async fn run(bed: &Bed, words: &[String], request: &Value) -> Result<Value, String> {
    let [program, arguments @ ..] = words else {
        return Err("an empty command".to_owned());
    };
    let folder = bed.sut.folder.clone().unwrap_or_default();
    let mut command = tokio::process::Command::new(program_of(program, &folder));
    if bed.sut.folder.is_some() {
        command.current_dir(&folder);
    }
    let mut child = command
        .args(arguments)
        .envs(environment(bed.role(), &bed.world, &bed.out))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|why| cannot_run(program, &folder, &why))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its orders may have ended already; its answer tells.
        let _ = stdin.write_all(format!("{request}\n").as_bytes()).await;
    }
    let mut output = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut bytes = Vec::new();
        stdout
            .take(LONGEST_ANSWER)
            .read_to_end(&mut bytes)
            .await
            .map_err(|why| why.to_string())?;
        output = String::from_utf8_lossy(&bytes).into_owned();
    }
    let status = child.wait().await.map_err(|why| why.to_string())?;
    let told = output
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line).ok().filter(Value::is_object));
    Ok(told.unwrap_or_else(|| by_status(status)))
}

/// What a command answers that prints no object: whether it ended well, and if not, how.
fn by_status(status: std::process::ExitStatus) -> Value {
    let mut answer = json!({ "ok": status.success(), "exit_status": status.code() });
    if !status.success() {
        answer["error"] =
            format!("the command printed no JSON object and ended with {status}").into();
    }
    answer
}
