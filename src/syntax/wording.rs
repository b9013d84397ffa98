//! Syntax findings in words: what was being read, what stands there, what could follow, an example.

use super::parser::Rule;

/// How a token or a part is called where it was expected; `None` for what nobody needs to be told of.
// long: an arm for each rule of the grammar
pub(super) fn called(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name => "a name",
        Rule::string | Rule::inner => "a string in double quotes",
        Rule::number | Rule::num => "a number",
        Rule::int | Rule::layer | Rule::column => "a whole number",
        Rule::range => "a range",
        Rule::unit => "a unit",
        Rule::expr | Rule::term => "an expression",
        Rule::value | Rule::worded => "a value",
        Rule::path => "a name",
        Rule::head => "a head",
        Rule::call | Rule::l_paren => "`(`",
        Rule::arg => "an argument",
        Rule::index | Rule::l_bracket => "`[`",
        Rule::r_bracket => "`]`",
        Rule::r_paren => "`)`",
        Rule::tap | Rule::at => "`@`",
        Rule::dot | Rule::dot_sign => "`.`",
        Rule::star => "`*`",
        Rule::paren => "`(`",
        Rule::list => "a list",
        Rule::ftype => "a type",
        Rule::axis => "`on` or `in`",
        Rule::source => "a column",
        Rule::field => "a field",
        Rule::fields | Rule::block | Rule::l_brace => "`{`",
        Rule::r_brace => "`}`",
        Rule::newline | Rule::semicolon | Rule::EOI => "the end of the line",
        Rule::equals => "`=`",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::less => "`<`",
        Rule::greater => "`>`",
        Rule::arrow => "`->`",
        Rule::feedback => "`~>`",
        Rule::pipe | Rule::cat_op | Rule::cmp_op | Rule::add_op | Rule::mul_op => "an operator",
        Rule::minus => return None,
        Rule::of | Rule::k_of => "`of`",
        Rule::from | Rule::k_from => "`from`",
        Rule::on | Rule::k_on => "`on`",
        Rule::via | Rule::k_via => "`via`",
        Rule::k_in => "`in`",
        Rule::k_by => "`by`",
        Rule::k_with => "`with`",
        Rule::k_for => "`for`",
        Rule::k_use | Rule::use_ | Rule::only_use => "`use`",
        Rule::k_param | Rule::param | Rule::only_param => "`param`",
        Rule::k_let | Rule::let_ | Rule::only_let => "`let`",
        Rule::k_data | Rule::data | Rule::only_data => "`data`",
        Rule::k_encoder | Rule::encoder | Rule::only_encoder => "`encoder`",
        Rule::k_task | Rule::task | Rule::only_task => "`task`",
        Rule::k_share | Rule::share | Rule::only_share => "`share`",
        Rule::k_loss | Rule::loss | Rule::only_loss => "`loss`",
        Rule::family | Rule::only_family => "`for`",
        Rule::k_train | Rule::train | Rule::only_train => "`train`",
        Rule::k_expect | Rule::expect | Rule::only_expect => "`expect`",
        Rule::k_stage | Rule::stage | Rule::only_stage => "`stage`",
        Rule::k_repeat | Rule::repeat | Rule::only_repeat => "`repeat`",
        Rule::k_view | Rule::view | Rule::only_view => "`view`",
        Rule::edge | Rule::only_edge => "an arrow",
        Rule::attr | Rule::only_attr | Rule::attr_call => "a setting",
        Rule::file
        | Rule::only_field
        | Rule::only_expr
        | Rule::only_block
        | Rule::only_fields
        | Rule::only_items
        | Rule::wrong_assign
        | Rule::wrong_colon
        | Rule::wrong_equals
        | Rule::wrong_set
        | Rule::wrong_named
        | Rule::wrong_comma
        | Rule::wrong_of
        | Rule::wrong_unit
        | Rule::error_item
        | Rule::error_setting
        | Rule::error_field
        | Rule::junk
        // silent rules: pest never reports them
        | Rule::WHITESPACE
        | Rule::items
        | Rule::item
        | Rule::declaration
        | Rule::setting
        | Rule::next_setting
        | Rule::arrowed
        | Rule::postfix
        | Rule::suffix
        | Rule::atom
        | Rule::idc
        | Rule::sep
        | Rule::ends
        | Rule::op
        | Rule::assign
        | Rule::typed
        | Rule::chunk
        | Rule::braces
        | Rule::brackets => return None,
    })
}

/// What a rule reads, and a line that shows how it is written.
pub(super) fn about(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::only_use => ("a `use`", "use \"common.mtl\""),
        Rule::only_param => ("a `param`", "param lr = 1e-3"),
        Rule::only_let => ("a `let`", "let context = enc |> attend"),
        Rule::only_data | Rule::only_fields => {
            ("a `data` declaration", "data atis = columns(\"data/atis\") { x: tokens; slots: tags on x }")
        }
        Rule::only_encoder => ("an `encoder`", "encoder enc = embed(64) |> bilstm(128)"),
        Rule::only_task => ("a `task`", "task slot : tag of atis.slots from enc { metric span_f1 }"),
        Rule::only_share => ("a `share`", "share a, b by l2(1e-3)"),
        Rule::only_loss => ("a `loss`", "loss agree = kl(a.probs, b.probs) * 0.1"),
        Rule::only_family | Rule::only_items => ("a family", "for d in [\"books\", \"dvd\"] { ... }"),
        Rule::only_train => ("`train`", "train { batch 32; epochs 20; optimizer adam(lr = 1e-3) }"),
        Rule::only_expect => ("an `expect`", "expect slot.span_f1 >= 85%"),
        Rule::only_edge => ("an arrow", "pos.probs -> chunk via embed(32)"),
        Rule::only_stage => ("a `stage`", "stage warm { tasks slot; epochs 5 }"),
        Rule::only_repeat => ("a `repeat`", "repeat 4 { stage grow { epochs 1 } }"),
        Rule::only_view => ("a `view`", "view past from enc@1.bwd"),
        Rule::only_field => ("a field", "slots: tags on x = 3"),
        Rule::only_expr => ("an expression", "embed(64) |> bilstm(128)"),
        _ => ("a setting", "epochs 20"),
    }
}

/// "a, b or c", each once, at most five and then nothing more said.
pub(super) fn any_of(words: &[&str]) -> String {
    let mut seen: Vec<&str> = vec![];
    for w in words {
        if !seen.contains(w) {
            seen.push(w);
        }
    }
    match seen.as_slice() {
        [] => String::new(),
        [a] => (*a).to_string(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}
