//! The variants of an attack: where only a name differs.

use std::collections::BTreeMap;

use crate::node::{Fields, Node, Value};
use crate::problem::Problems;
use crate::scenario::{Word, words};

/// What `{variant}` stands for, where that is not the name, and what proves the variant.
pub(crate) struct Variant {
    text: Option<String>,
    proof: Vec<Word>,
}

/// Variants: a name and its proof, or `{ text = "...", proof = [...] }` where the name is not what is sent.
pub(crate) fn variants(node: Option<&Node>, problems: &mut Problems) -> Vec<(String, Variant)> {
    let Some(entries) = node.and_then(|node| node.entries(problems)) else {
        return Vec::new();
    };
    entries
        .iter()
        .map(|(key, node)| (key.name.clone(), variant(node, problems)))
        .collect()
}

fn variant(node: &Node, problems: &mut Problems) -> Variant {
    let Value::Table(entries) = &node.value else {
        let proof = words(Some(node), problems);
        return Variant { text: None, proof };
    };
    let mut fields = Fields::new(entries, &node.span);
    let variant = Variant {
        text: Some(fields.required_text("text", problems)),
        proof: words(fields.optional("proof"), problems),
    };
    fields.end(problems);
    variant
}

pub(crate) fn proofs(variants: &[(String, Variant)]) -> BTreeMap<String, Vec<Word>> {
    variants
        .iter()
        .map(|(name, variant)| (name.clone(), variant.proof.clone()))
        .collect()
}

pub(crate) fn texts(variants: Vec<(String, Variant)>) -> BTreeMap<String, String> {
    variants
        .into_iter()
        .filter_map(|(name, variant)| Some((name, variant.text?)))
        .collect()
}
