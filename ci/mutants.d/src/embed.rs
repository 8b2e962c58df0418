//! Writes every mutant of a file into it, each asleep until `crate::mutant(ID)` wakes it.
//!
//! An expression with a mutant becomes `(if crate::mutant(ID) { changed } else { unchanged })`, where
//! the changed one is what cargo-mutants would write. Since one mutant is awake at a time, the
//! changed text holds no other mutants, and nesting costs a copy a level.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Expr, ExprBinary, ExprStruct, ExprUnary, Pat, PatGuard};

use crate::mutant::{Mutant, offset};

/// Text around a part of a file.
struct Wrap {
    range: Range<usize>,
    before: String,
    after: String,
}

/// Two operands with an operator between them.
struct Binary {
    operator: Range<usize>,
    whole: Range<usize>,
    /// The whole chain of operators that it is in; none where the chain has a `let`, which no
    /// parenthesis may hold.
    chain: Option<Range<usize>>,
}

/// What the parser knows of the places that a mutant can be at.
#[derive(Default)]
struct Places {
    binaries: Vec<Binary>,
    unaries: Vec<Range<usize>>,
    structs: Vec<Range<usize>>,
    /// An arm, the end of its pattern, its guard.
    arms: Vec<(Range<usize>, usize, Option<Range<usize>>)>,
    /// The outermost expression of the chain that is being visited.
    chain: Option<Option<Range<usize>>>,
}

fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Places {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        let Expr::Binary(ExprBinary { left, op, right, .. }) = expression else {
            let chain = self.chain.take();
            visit::visit_expr(self, expression);
            self.chain = chain;
            return;
        };
        let range = expression.span().byte_range();
        let outermost = self.chain.is_none();
        let chain =
            self.chain.get_or_insert_with(|| (!has_let(expression)).then(|| range.clone())).clone();
        self.binaries.push(Binary { operator: op.span().byte_range(), whole: range, chain });
        self.visit_expr(left);
        self.visit_expr(right);
        if outermost {
            self.chain = None;
        }
    }

    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        self.unaries.push(unary.span().byte_range());
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, one: &'ast ExprStruct) {
        self.structs.push(one.span().byte_range());
        visit::visit_expr_struct(self, one);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        let guard = match &arm.pat {
            Pat::Guard(PatGuard { guard, .. }) => Some(guard.span().byte_range()),
            _ => None,
        };
        let pattern_end = arm.pat.span().byte_range().end;
        self.arms.push((arm.span().byte_range(), pattern_end, guard));
        visit::visit_arm(self, arm);
    }
}

/// Operators that bind alike, so that one in the place of the other changes nothing around it.
fn level(operator: &str) -> Option<u8> {
    Some(match operator {
        "==" | "!=" | "<" | ">" | "<=" | ">=" => 1,
        "+" | "-" => 2,
        "*" | "/" | "%" => 3,
        "<<" | ">>" => 4,
        _ if operator.ends_with('=') => 5,
        _ => return None,
    })
}

/// On one line and without comments.
fn flat(text: &str) -> Option<String> {
    Some(text.parse::<TokenStream>().ok()?.to_string().replace('\n', " "))
}

fn wrap(id: usize, mutant: &Mutant, text: &str, places: &Places) -> Option<Wrap> {
    let range = offset(text, mutant.span.start)..offset(text, mutant.span.end);
    let awake = format!("crate::mutant({id})");
    let instead = |whole: &Range<usize>, gone: &Range<usize>| {
        let changed = format!(
            "{}{}{}",
            &text[whole.start..gone.start],
            mutant.replacement,
            &text[gone.end..whole.end]
        );
        Some(Wrap {
            range: whole.clone(),
            before: format!("\n/*M{id}*/ (if {awake} {{ {} }} else {{\n", flat(&changed)?),
            after: format!(" /*E{id}*/ }})"),
        })
    };
    match mutant.genre.as_str() {
        // One of `&mut` where one of `&` is promised is no value of the function.
        "FnValue"
            if mutant.replacement.contains("once(") && mutant.replacement.contains("leak") =>
        {
            None
        }
        // Two iterators are two types.
        "FnValue" if mutant.name.contains("-> impl Iterator") => Some(Wrap {
            range,
            before: format!(
                "\n/*M{id}*/ crate::either({awake}, move || {}, move || {{\n",
                flat(&mutant.replacement)?
            ),
            after: format!(" /*E{id}*/ }})"),
        }),
        "FnValue" => Some(Wrap {
            range,
            before: format!(
                "\n/*M{id}*/ if {awake} {{ return {}; }}\n",
                flat(&mutant.replacement)?
            ),
            after: format!(" /*E{id}*/"),
        }),
        "BinaryOperator" => {
            let found = places.binaries.iter().find(|one| one.operator == range)?;
            let old = level(&text[range.clone()]);
            let alike = old.is_some() && old == level(&mutant.replacement);
            instead(if alike { &found.whole } else { found.chain.as_ref()? }, &range)
        }
        "UnaryOperator" => {
            instead(places.unaries.iter().find(|one| one.start == range.start)?, &range)
        }
        "MatchArmGuard" => {
            let (.., guard) =
                places.arms.iter().find(|(.., guard)| guard.as_ref() == Some(&range))?;
            let before = match mutant.replacement.as_str() {
                "true" => format!("({awake} || ("),
                _ => format!("(!{awake} && ("),
            };
            Some(Wrap {
                range: guard.clone()?,
                before: format!("\n/*M{id}*/ {before}\n"),
                after: format!(" /*E{id}*/ ))"),
            })
        }
        "MatchArm" => {
            let (_, pattern_end, guard) =
                places.arms.iter().find(|(arm, ..)| arm.start == range.start)?;
            Some(match guard {
                Some(guard) => Wrap {
                    range: guard.clone(),
                    before: format!("\n/*M{id}*/ (!{awake} && (\n"),
                    after: format!(" /*E{id}*/ ))"),
                },
                None => Wrap {
                    range: *pattern_end..*pattern_end,
                    before: format!("\n/*M{id}*/ if !{awake}\n"),
                    after: format!("/*E{id}*/ "),
                },
            })
        }
        "StructField" => {
            let mut around: Vec<_> = places
                .structs
                .iter()
                .filter(|one| one.start <= range.start && range.end <= one.end)
                .collect();
            around.sort_by_key(|one| one.len());
            let rest = text[range.end..].trim_start();
            let end = text.len() - rest.strip_prefix(',').unwrap_or(rest).len();
            instead(around.first()?, &(range.start..end))
        }
        _ => None,
    }
}

/// The file with its mutants, and the mutants that have no place. The functions of the mutants in
/// `unconst` are no longer `const`.
pub fn embed(
    text: &str,
    mutants: &[(usize, &Mutant)],
    unconst: &BTreeSet<usize>,
) -> (String, Vec<usize>) {
    let mut places = Places::default();
    places.visit_file(&syn::parse_file(text).expect("the source parses"));
    let mut wraps = Vec::new();
    let mut homeless = Vec::new();
    for (id, mutant) in mutants {
        match wrap(*id, mutant, text, &places) {
            // The whole body comes before what starts with it.
            Some(wrap) => wraps.push((mutant.genre != "FnValue", wrap)),
            None => homeless.push(*id),
        }
    }
    let functions: BTreeSet<usize> = mutants
        .iter()
        .filter(|(id, _)| unconst.contains(id))
        .filter_map(|(_, mutant)| Some(offset(text, mutant.function.as_ref()?.span.start)))
        .collect();
    for start in functions {
        if let Some(at) = text[start..].find("const fn") {
            let range = start + at..start + at + "const".len();
            let (before, after) = ("/*".into(), "*/".into());
            wraps.push((true, Wrap { range, before, after }));
        }
    }
    wraps.sort_by_key(|(late, wrap)| (wrap.range.start, *late, usize::MAX - wrap.range.end));
    let mut written = String::new();
    let mut open: Vec<&Wrap> = Vec::new();
    let mut at = 0;
    let mut close_until = |to: usize, open: &mut Vec<&Wrap>, written: &mut String| {
        while open.last().is_some_and(|wrap| wrap.range.end <= to) {
            let wrap = open.pop().expect("it is there");
            written.push_str(&text[at..wrap.range.end]);
            written.push_str(&wrap.after);
            at = wrap.range.end;
        }
        written.push_str(&text[at..to]);
        at = to;
    };
    for (_, wrap) in &wraps {
        close_until(wrap.range.start, &mut open, &mut written);
        written.push_str(&wrap.before);
        open.push(wrap);
    }
    close_until(text.len(), &mut open, &mut written);
    (written, homeless)
}

/// The mutants whose text, or whose surroundings, are on a line of a file that [`embed`] wrote.
pub fn at_line(written: &str, line: usize) -> Vec<usize> {
    let numbers = |text: &str, letter: char| -> Vec<usize> {
        let mark = format!("/*{letter}");
        let parts = text.split(&mark[..]).skip(1);
        parts.filter_map(|part| part.split("*/").next()?.parse().ok()).collect()
    };
    let lines: Vec<_> = written.lines().collect();
    let own = numbers(lines[line - 1], 'M');
    if !own.is_empty() {
        return own;
    }
    let mut open: Vec<usize> = Vec::new();
    for text in &lines[..line] {
        for id in numbers(text, 'M') {
            open.push(id);
        }
        // On the line itself it is not known what closes before the mistake.
        if !std::ptr::eq(*text, lines[line - 1]) {
            for id in numbers(text, 'E') {
                open.retain(|one| *one != id);
            }
        }
    }
    open.pop().into_iter().collect()
}
