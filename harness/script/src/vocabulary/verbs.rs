//! The macro that turns a role's table of verbs into types, their reader, their documentation and the rule of change.

/// A field of a verb, for the generated documentation.
#[derive(Clone, Copy, Debug)]
pub struct FieldDoc {
    /// Its name in scripts.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// A verb, for the generated documentation.
#[derive(Clone, Copy, Debug)]
pub struct VerbDoc {
    /// Its name in scripts.
    pub name: &'static str,
    /// Whether it observes.
    pub observes: bool,
    /// What it does.
    pub doc: &'static str,
    /// Its fields.
    pub fields: &'static [FieldDoc],
}

macro_rules! kind {
    (text) => { Option<String> };
    (words) => { Option<Vec<String>> };
    (flag) => { Option<bool> };
    (number) => { Option<u64> };
    (table) => { Option<std::collections::BTreeMap<String, String>> };
    (edits) => { Vec<String> };
}

macro_rules! kind_name {
    (text) => {
        "string"
    };
    (words) => {
        "string or list"
    };
    (flag) => {
        "true or false"
    };
    (number) => {
        "number"
    };
    (table) => {
        "table"
    };
    (edits) => {
        "list of lines"
    };
}

macro_rules! read_kind {
    (text $node:expr, $problems:expr) => {
        $node.and_then(|node| node.text($problems))
    };
    (words $node:expr, $problems:expr) => {
        $node.and_then(|node| node.words($problems))
    };
    (flag $node:expr, $problems:expr) => {
        $node.and_then(|node| node.flag($problems))
    };
    (number $node:expr, $problems:expr) => {
        $node.and_then(|node| node.number($problems))
    };
    (table $node:expr, $problems:expr) => {
        $node.and_then(|node| node.word_table($problems))
    };
    (edits $node:expr, $problems:expr) => {
        $node
            .and_then(|node| node.lines($problems))
            .unwrap_or_default()
    };
}

macro_rules! change_kind {
    (edits $here:expr, $change:expr) => {
        $here.extend($change)
    };
    (table $here:expr, $change:expr) => {
        if let Some(change) = $change {
            $here.get_or_insert_with(Default::default).extend(change);
        }
    };
    ($kind:ident $here:expr, $change:expr) => {
        if let Some(change) = $change {
            $here = Some(change);
        }
    };
}

macro_rules! verbs {
    ($($(#[doc = $doc:literal])+ $mode:ident $type:ident = $name:literal {
        $($(#[doc = $field_doc:literal])+ $kind:ident $field:ident = $field_name:literal,)*
    })+) => {
        /// A verb of this role.
        #[allow(clippy::large_enum_variant, reason = "there are some hundreds of verbs in a suite, and no list of them is hot")]
        #[derive(Clone, Debug, PartialEq)]
        pub enum Verb { $($(#[doc = $doc])+ $type($type),)+ }

        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $type {
                $($(#[doc = $field_doc])+
                #[serde(rename = $field_name, skip_serializing_if = "crate::vocabulary::verbs::unset")]
                pub $field: kind!($kind),)*
            }

            impl $type {
                fn read(entries: &[($crate::node::Key, $crate::node::Node)], span: &$crate::source::Span,
                    problems: &mut $crate::problem::Problems) -> Self {
                    #[allow(unused_mut, reason = "a verb may have no field")]
                    let mut fields = $crate::node::Fields::new(entries, span);
                    let verb = Self { $($field: read_kind!($kind fields.optional($field_name), problems),)* };
                    fields.end(problems);
                    verb
                }

                #[allow(unused_variables, clippy::missing_const_for_fn, reason = "a verb may have no field")]
                fn change(&mut self, change: Self) {
                    $(change_kind!($kind self.$field, change.$field);)*
                }
            }
        )+

        impl Verb {
            /// Every verb with its documentation.
            pub const DOCS: &'static [crate::vocabulary::VerbDoc] = &[$(crate::vocabulary::VerbDoc {
                name: $name,
                observes: verbs!(@observes $mode),
                doc: concat!($($doc),+),
                fields: &[$(crate::vocabulary::FieldDoc {
                    name: $field_name, kind: kind_name!($kind), doc: concat!($($field_doc),+),
                },)*],
            },)+];

            /// The name in scripts.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$type(_) => $name,)+ }
            }

            /// Whether it observes.
            #[must_use]
            pub fn observes(&self) -> bool {
                match self { $(Self::$type(_) => verbs!(@observes $mode),)+ }
            }

            /// Whether it alters what no lane owns.
            #[must_use]
            pub fn exclusive(&self) -> bool {
                match self { $(Self::$type(_) => verbs!(@exclusive $mode),)+ }
            }

            /// The fields that are set, as JSON.
            #[must_use]
            pub fn fields(&self) -> serde_json::Value {
                match self { $(Self::$type(verb) => serde_json::to_value(verb).unwrap_or_default(),)+ }
            }

            /// A verb from its name and its fields as JSON.
            ///
            /// # Errors
            /// When no verb has this name or a field is not of its kind.
            pub fn from_fields(name: &str, fields: serde_json::Value) -> Result<Self, String> {
                match name {
                    $($name => serde_json::from_value(fields).map(Self::$type).map_err(|why| why.to_string()),)+
                    _ => Err(format!("no verb is named {name:?}")),
                }
            }

            /// Reads the fields of a verb.
            pub fn read(verb: &$crate::node::Key, entries: &[($crate::node::Key, $crate::node::Node)],
                span: &$crate::source::Span, problems: &mut $crate::problem::Problems) -> Option<Self> {
                match verb.name.as_str() {
                    $($name => Some(Self::$type($type::read(entries, span, problems))),)+
                    _ => {
                        problems.unknown_word(&verb.span, "verb of this role", &verb.name, [$($name),+].into_iter());
                        None
                    }
                }
            }

            /// Applies a change of the same verb.
            pub fn change(&mut self, change: Self) {
                match (self, change) {
                    $((Self::$type(verb), Self::$type(change)) => verb.change(change),)+
                    #[allow(unreachable_patterns, reason = "a role may have one verb")]
                    _ => {}
                }
            }
        }
    };
    (@observes observe) => { true };
    (@observes $other:ident) => { false };
    (@exclusive exclusive) => { true };
    (@exclusive $other:ident) => { false };
}

/// Whether a field was left out.
pub(crate) fn unset<T: Default + PartialEq>(field: &T) -> bool {
    *field == T::default()
}
