//! Two texts compared line by line.

/// A line that only one side has, or a pair of lines that differ at the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed<'a> {
    pub(crate) one: Option<&'a str>,
    pub(crate) other: Option<&'a str>,
}

/// Beyond this many pairs of lines, what lies between the common beginning and end counts as one change.
const MOST_PAIRS: usize = 250_000;

/// The lines that differ, in their order: what stands in one and not in the other, put beside each other where they meet.
pub(crate) fn differences<'a>(one: &[&'a str], other: &[&'a str]) -> Vec<Changed<'a>> {
    let head = one
        .iter()
        .zip(other)
        .take_while(|(left, right)| left == right)
        .count();
    let (one, other) = (&one[head..], &other[head..]);
    let tail = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take_while(|(left, right)| left == right)
        .count();
    let (one, other) = (&one[..one.len() - tail], &other[..other.len() - tail]);
    if one.len().saturating_mul(other.len()) > MOST_PAIRS {
        return paired(one, other);
    }
    let mut changed = Vec::new();
    let (mut left, mut right) = (0, 0);
    for (next_left, next_right) in common(one, other)
        .into_iter()
        .chain([(one.len(), other.len())])
    {
        changed.extend(paired(&one[left..next_left], &other[right..next_right]));
        (left, right) = (next_left + 1, next_right + 1);
    }
    changed
}

fn paired<'a>(one: &[&'a str], other: &[&'a str]) -> Vec<Changed<'a>> {
    let longest = one.len().max(other.len());
    (0..longest)
        .map(|at| Changed {
            one: one.get(at).copied(),
            other: other.get(at).copied(),
        })
        .collect()
}

/// The places of a longest common subsequence.
fn common(one: &[&str], other: &[&str]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    let mut longest = vec![0_u32; (one.len() + 1) * width];
    for left in (0..one.len()).rev() {
        for right in (0..other.len()).rev() {
            longest[left * width + right] = if one[left] == other[right] {
                longest[(left + 1) * width + right + 1] + 1
            } else {
                longest[(left + 1) * width + right].max(longest[left * width + right + 1])
            };
        }
    }
    let (mut left, mut right, mut places) = (0, 0, Vec::new());
    while left < one.len() && right < other.len() {
        if one[left] == other[right] {
            places.push((left, right));
            (left, right) = (left + 1, right + 1);
        } else if longest[(left + 1) * width + right] >= longest[left * width + right + 1] {
            left += 1;
        } else {
            right += 1;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_is_a_pair_and_an_added_one_stands_alone() {
        let one = ["a", "b", "c"];
        assert_eq!(
            differences(&one, &["a", "x", "c"]),
            [Changed {
                one: Some("b"),
                other: Some("x")
            }]
        );
        assert_eq!(
            differences(&one, &["a", "b", "n", "c"]),
            [Changed {
                one: None,
                other: Some("n")
            }]
        );
        assert_eq!(
            differences(&one, &["a", "c"]),
            [Changed {
                one: Some("b"),
                other: None
            }]
        );
        assert!(differences(&one, &one).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn equal_texts_and_only_those_have_no_difference(
            one in proptest::collection::vec("[ab]", 0..12), other in proptest::collection::vec("[ab]", 0..12),
        ) {
            let left: Vec<&str> = one.iter().map(String::as_str).collect();
            let right: Vec<&str> = other.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(differences(&left, &right).is_empty(), one == other);
        }
    }
}
