//! Names the folders that are embedded into the binary, so that a changed script rebuilds it.

use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, folder) in [
        ("WICHECK_SCENARIOS", "scenarios"),
        ("WICHECK_MODELS", "reference/models"),
    ] {
        let path = root
            .join(folder)
            .canonicalize()
            .expect("the folder stands in the tree");
        println!("cargo::rustc-env={name}={}", path.display());
        watch(&path);
    }
}

/// Every folder below, since cargo looks at a folder's own time only.
fn watch(folder: &Path) {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in std::fs::read_dir(folder)
        .expect("the folder can be read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            watch(&path);
        } else {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
}
