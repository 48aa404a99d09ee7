//! JSON objects in which a member may come twice: read without losing it, and written as it stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The members of an object in their order; names may repeat.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Members(pub(crate) Vec<(String, Value)>);

impl Members {
    /// The members of `value`; none if it is no object.
    pub(crate) fn of(value: &Value) -> Self {
        let members = value.as_object().into_iter().flatten();
        Self(
            members
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// Reads one object that fills `bytes`; a name may repeat in it, but not in the objects inside it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let members = Self::deserialize(&mut reader)?;
        reader.end()?;
        Ok(members)
    }

    /// Replaces the member where it stands, or adds it at the end.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes every member of that name away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(own, _)| own != name);
    }

    /// The name that comes twice, if one does.
    pub(crate) fn repeated(&self) -> Option<&str> {
        let names = || self.0.iter().map(|(name, _)| name.as_str());
        names()
            .enumerate()
            .find(|(index, name)| names().take(*index).any(|earlier| earlier == *name))
            .map(|found| found.1)
    }

    /// The object's text, without spaces.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let member =
            |(name, value): &(String, Value)| format!("{}:{value}", Value::from(name.as_str()));
        let members: Vec<String> = self.0.iter().map(member).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    }
}

impl From<Members> for Map<String, Value> {
    fn from(members: Members) -> Self {
        members.0.into_iter().collect()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = access.next_entry::<String, Unique>()? {
            members.push((name, value.0));
        }
        Ok(Members(members))
    }
}

/// Any JSON value whose objects have no member twice (RFC 7515 section 4, RFC 7519 section 4 allow to refuse it).
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number without a finite value"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<Unique>()? {
            items.push(item.0);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Unique>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!(
                    "member {name:?} comes twice"
                )));
            }
            object.insert(name, value.0);
        }
        Ok(Value::Object(object))
    }
}
