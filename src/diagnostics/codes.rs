//! The table of codes. Each has a page `docs/errors/CODE.md`, shown by `mtlc explain CODE`.

/// One code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// `E0301`
    pub code: &'static str,
    /// one line
    pub title: &'static str,
    /// the page
    pub page: &'static str,
}

macro_rules! codes {
    ($($code:literal $title:literal)*) => {
        /// Every code, in order.
        pub const CODES: &[Code] = &[$(Code { code: $code, title: $title, page: include_str!(concat!("../../docs/errors/", $code, ".md")) }),*];
    };
}

codes! {
    // syntax
    "E0101" "the text cannot be read here"
    "E0102" "a spec is not UTF-8"
    "E0103" "a spec cannot be read"
    "E0104" "a sign of another language"
    "E0105" "`=`, `:` or nothing: the wrong sign between a name and its value"
    "E0106" "settings are separated by `;` or a new line"
    "E0107" "a path or string stands in double quotes"
    "E0108" "a comment begins with `#`"
    "E0109" "a bracket or brace is not closed, or closes nothing"
    "E0110" "a task has no head"
    "E0111" "a number cannot be read"
    "E0112" "a declaration inside a block, or a setting outside"
    "E0113" "a value of another language"
    "E0114" "nested too deeply, or too long"
    "E0115" "braces in a string hold a family variable"
    "E0116" "a string is not closed"
    "E0810" "a twin cannot be built"
    // names, options
    "E0201" "nothing has this name"
    "E0202" "a name is declared twice"
    "E0203" "a word of the language is used as a name"
    "E0204" "this is not a type of field"
    "E0205" "a field does not say, or may not say, to which text it belongs"
    "E0206" "a type of field is written differently"
    "E0207" "a value is out of range or of the wrong kind"
    "E0208" "a file uses itself"
    "E0209" "a used file cannot be read"
    "E0210" "`--set` names no parameter"
    "E0211" "a family has no list, or an empty one"
    "E0212" "a data set declares no fields"
    "E0213" "a data set without a reader"
    "E0214" "a reader cannot use this argument"
    "E0215" "an option is unknown"
    "E0216" "a head stands where a layer is expected"
    "E0217" "a data set has no such field"
    "E0218" "a name without members is indexed"
    "E0219" "a family has no such member"
    "E0220" "a family stands where one member is needed"
    "E0221" "this is not a head"
    "E0222" "a task reads nothing"
    "E0223" "two options contradict each other"
    "E0224" "a task has no target"
    "E0225" "`source` needs several corpora"
    "E0226" "a target is not a field of a data set"
    "E0227" "this is not an option of a task"
    "E0228" "a setting is given twice"
    "E0229" "a setting has no value, or too many"
    "E0230" "`when` is `train` or `test`"
    "E0231" "this is not a metric"
    "E0232" "a metric does not measure this head"
    "E0233" "this is not an option of an arrow"
    "E0234" "an option of an arrow has an unknown value"
    "E0235" "a feedback arrow and its rounds"
    "E0236" "a function lacks an argument"
    "E0237" "a word is not one of a function's choices"
    "E0238" "only stages can be repeated"
    "E0239" "this is not a setting of `train`"
    "E0240" "two lengths of training exclude each other"
    "E0241" "this is not a word of its table"
    "E0242" "this is not a figure or claim"
    "E0243" "early stopping without an objective"
    "E0244" "a name is of another kind"
    "E0245" "this cannot be shared"
    "E0246" "a statement of a stage lacks its counterpart"
    // the graph
    "E0301" "tasks wait for each other in a cycle"
    "E0302" "a task's output is read without an arrow"
    "E0303" "an arrow does not begin at a port"
    "E0304" "a task has no such port"
    "E0305" "an arrow ends nowhere"
    "E0306" "encoders are built from each other"
    "E0307" "a program without tasks"
    "E0308" "the verdict is not the one claimed"
    "E0309" "there is no such arrow"
    // types, axes, heads
    "E0401" "a head cannot learn this type of gold"
    "E0402" "a head and its gold differ in number"
    "E0403" "golds of one task differ in type"
    "E0404" "words stand where vectors are needed"
    "E0405" "a sequence where a vector is needed, or the reverse"
    "E0406" "labels and features stand on different texts"
    "E0407" "one layer meets inputs of two widths"
    "E0408" "this is not features"
    "E0409" "a sequence beside a single vector"
    "E0410" "two texts are not aligned token by token"
    "E0411" "widths do not agree"
    "E0412" "a data set lacks a field that a task reads there"
    "E0413" "a task does not say which text it reads"
    "E0414" "an encoder has no such layer"
    "E0415" "an encoder has no such port"
    "E0416" "an encoder is applied to something that is no text"
    "E0417" "several layers are used as one value"
    "E0418" "a size does not fit"
    "E0419" "an embedding reads vectors"
    "E0420" "what is shared differs in shape"
    "E0421" "a loss cannot compute with this"
    "E0422" "two distributions range over different things"
    "E0423" "no example has both sides of a loss"
    // phases, leaks, gradients
    "E0501" "gold is wanted where the data has none"
    "E0502" "an answer leaks into its own prediction"
    "E0503" "training and test graph do not fit"
    "E0504" "a language model sees what it predicts"
    "E0505" "a gradient through a hard decision"
    "E0506" "hidden states have no gold"
    "E0507" "an arrow of labels does not say which labels"
    "E0508" "an encoder is trained only through `reverse`"
    "E0509" "a loss trains nothing"
    "E0510" "nothing trains a task"
    // data files
    "E0601" "a data file or split is missing"
    "E0602" "the splits of a corpus cannot be told apart"
    "E0603" "a data file is not UTF-8"
    "E0604" "a row has the wrong number of columns"
    "E0605" "a field has no column, key or file"
    "E0606" "a value is not of its field's type"
    "E0607" "tags and tokens differ in number"
    "E0608" "parallel files differ in length"
    "E0609" "heads form no tree"
    "E0610" "a data file breaks its format"
    "E0611" "no such reader or option"
    "E0612" "a reader's option or split cannot take this value"
    "E0613" "a field's declaration does not hold"
    "E0614" "a reader cannot give a field of this type"
    "E0615" "a corpus has no training examples"
    "E0651" "a vectors file cannot be used"
    "E0652" "a line of a vectors file is not a word with its numbers"
    // not yet
    "E0701" "the language knows it, the trainer cannot run it yet"
    // run failures
    "E0801" "a loss or gradient is not finite"
    "E0802" "what chooses the model has no dev figures"
    "E0803" "a run folder lacks a file"
    "E0804" "a file of a run folder cannot be used"
    "E0805" "a file cannot be written"
    "E0806" "the folder holds a run already"
    "E0807" "the data changed since the run began"
    "E0808" "a stage has nothing to learn from"
    "E0809" "a text for prediction is missing or unknown"
    // warnings
    "W0101" "no objective is declared"
    "W0102" "an encoder is read by nobody"
    "W0103" "a task is trained by no stage"
    "W0104" "an arrow carries what was never learned"
    "W0105" "an encoder is frozen before it has learned"
    "W0106" "a frozen task has a loss"
    "W0107" "a generator is bigger than its judge"
    "W0108" "nothing ties a prior to its posterior"
    "W0601" "a data file is missing"
    "W0602" "tags that cannot follow each other"
    "W0603" "examples with an empty text are left out"
    "W0604" "nearly every example has its own class"
    "W0605" "the first line may hold headings"
    "W0606" "the corpora of a task have different classes"
    "W0607" "dev or test has classes that training never shows"
}

/// The row of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|c| c.code == code)
}
