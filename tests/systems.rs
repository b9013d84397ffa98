//! The systems of the survey: every one has a spec in `examples/systems`, which checks with the verdict that it claims.
//! `UPDATE=1 cargo test systems` writes the tables of `docs/systems.md` anew.

use crate::docs::{code, generated, table};
use mtlc::check::Checked;
use mtlc::driver;
use mtlc::hir::{Options, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What the body of the survey cites, in its order: as cited, section, class by placement, specs.
const SYSTEMS: &[(&str, &str, &str, &[&str])] = &[
    ("Caruana 1997", "§1, §2.1", "joint", &["caruana1997_multitask"]),
    ("deep relationship network", "Table 1", "joint", &["long2015_deep_relationship"]),
    ("cross-stitch network", "Table 1", "joint", &["misra2016_cross_stitch"]),
    ("Ruder 2017", "Table 1", "joint", &["ruder2017_sluice"]),
    ("Kendall 2018", "§2.1, Table 1", "joint", &["kendall2018_uncertainty"]),
    ("Xiong 2018", "§2.1, Table 1", "joint", &["xiong2018_dcn_plus"]),
    ("Liu 2015", "§3.1.3, Table 1", "joint", &["liu2015_query_ranking"]),
    ("Liu 2016", "§3.1.3", "joint", &["liu2016_recurrent"]),
    ("Xiao 2018", "Table 1", "joint", &["xiao2018_gated"]),
    ("Xu 2019b", "§2.1", "joint", &["xu2019b_mt_san"]),
    ("Mao 2020", "Table 1", "joint", &["mao2020_adaptive"]),
    ("Standley 2020", "§2.1", "joint", &["standley2020_groups"]),
    ("Devlin 2019", "§4.1", "joint", &["devlin2019_bert"]),
    ("Raffel 2020", "§4.1, §5.2", "joint", &["raffel2020_t5"]),
    ("Sutskever 2014", "§2", "joint", &["sutskever2014_seq2seq"]),
    ("Zhou 2019", "§3.1.1", "joint", &["zhou2019_reinforced"]),
    ("Zheng 2017", "§3.1.1", "joint", &["zheng2017_stated", "zheng2017_hybrid"]),
    ("Bekoulis 2018", "§3.1.1", "joint", &["bekoulis2018_stated", "bekoulis2018_multi_head"]),
    ("Wang 2018a", "§3.1.1", "joint", &["wang2018a_graph_scheme"]),
    ("Goo 2018", "§3.1.2", "joint", &["goo2018_slot_gated"]),
    ("Zhang 2019", "§3.1.2", "joint", &["zhang2019_capsule_nlu"]),
    ("Qin 2020", "§3.1.2", "joint", &["qin2020_agif"]),
    ("Yu 2018a", "§3.1.3", "joint", &["yu2018a_datn"]),
    ("Gui 2020", "§3.1.3", "joint", &["gui2020_mutual"]),
    ("Yu 2020b", "§3.1.3", "joint", &["yu2020b_contexts"]),
    ("Dong 2015", "§3.1.4", "joint", &["dong2015_one_to_many"]),
    ("Luong 2016", "§3.1.4", "joint", &["luong2016_seq2seq"]),
    ("Ahmad 2019", "§3.1.4", "joint", &["ahmad2019_unlabelled"]),
    ("van der Goot 2021", "§3.1.4", "joint", &["vandergoot2021_xsid"]),
    ("Guo 2018", "§3.1.5", "joint", &["guo2018_soft_layers"]),
    ("Tang 2017", "§3.1.5", "joint", &["tang2017_dual"]),
    ("Duan 2017", "§3.1.5", "joint", &["duan2017_qg_for_qa"]),
    ("Sachan 2018", "§3.1.5", "joint", &["sachan2018_self_training"]),
    ("Clark 2018", "§3.1.5", "joint", &["clark2018_cvt"]),
    ("Shen 2020", "§3.1.5", "joint", &["shen2020_cutoff"]),
    ("Søgaard 2016", "§3.2.1", "multi_step", &["sogaard2016_low_level"]),
    ("Hashimoto 2017", "§3.2.1", "multi_step", &["hashimoto2017_jmt"]),
    ("Sanh 2019", "§3.2.1", "multi_step", &["sanh2019_hmtl"]),
    ("Hu 2019", "§3.2.2", "multi_step", &["hu2019_re3qa"]),
    ("Wang 2018b", "§3.2.2", "multi_step", &["wang2018b_r3"]),
    ("Wang 2018c", "§3.2.2", "multi_step", &["wang2018c_evidence"]),
    ("Wang 2018d", "§3.2.2", "multi_step", &["wang2018d_extract_select"]),
    ("Nishida 2018", "§3.2.2", "multi_step", &["nishida2018_retrieve_read"]),
    ("Lin 2018", "§3.2.2", "multi_step", &["lin2018_denoising"]),
    ("Dinan 2019", "§3.2.3", "multi_step", &["dinan2019_wizard"]),
    ("Kim 2020", "§3.2.3", "multi_step", &["kim2020_skt"]),
    ("Lewis 2020", "§3.2.3", "multi_step", &["lewis2020_rag"]),
    ("Cao 2018", "§3.2.3", "multi_step", &["cao2018_re3sum"]),
    ("Xu 2019a", "§3.2.3", "multi_step", &["xu2019a_captions"]),
    ("Krishna 2021", "§3.2.3", "multi_step", &["krishna2021_long_form"]),
    ("Aribandi 2021", "§4.1, §5.2", "joint", &["aribandi2021_ext5"]),
    ("Guo 2019", "§4.1", "joint", &["guo2019_autosem"]),
    ("Lin 2019", "§4.1", "joint", &["lin2019_transfer_languages"]),
    ("Sun 2021", "§4.1", "joint", &["sun2021_pragmatic_features"]),
    ("Fifty 2021", "§4.1", "joint", &["fifty2021_affinity"]),
    ("Liu 2017", "§3.1.3, §4.1, Table 1", "joint", &["liu2017_adversarial"]),
    ("Yu 2018b", "§4.1", "joint", &["yu2018b_domain_relation"]),
    ("Rei 2017", "§4.1", "joint", &["rei2017_lm_auxiliary"]),
    ("Yu 2020a", "§4.1", "joint", &["yu2020a_cross_vae"]),
    ("Dong 2020", "§4.2", "multi_step", &["dong2020_injtype"]),
    ("Clark 2020", "§4.2", "multi_step", &["clark2020_electra"]),
    ("Li 2020", "§4.2", "multi_step", &["li2020_keywords"]),
    ("Cho 2019", "§4.2", "multi_step", &["cho2019_mixture_selection"]),
    ("Fan 2018", "§4.2", "multi_step", &["fan2018_question_type"]),
    ("Song 2019", "§4.2", "multi_step", &["song2019_emods"]),
    ("Yu 2022a", "§4.2", "multi_step", &["yu2022a_kg_fid"]),
    ("Wu 2019", "§4.2", "multi_step", &["wu2019_duconv"]),
    ("Zhang 2021", "§4.2", "multi_step", &["zhang2021_koala"]),
    ("Yu 2022c", "§4.2", "multi_step", &["yu2022c_mokge"]),
    ("Zeng 2020", "§5.1", "joint", &["zeng2020_tri_train"]),
    ("Févry 2020", "§5.1", "joint", &["fevry2020_eae"]),
    ("Yu 2022b", "§5.1", "joint", &["yu2022b_dict_bert"]),
    ("Wang 2021b", "§5.1", "joint", &["wang2021b_kepler"]),
    ("Wang 2021a", "§5.1", "joint", &["wang2021a_anil"]),
    ("Duong 2015", "§5.2", "joint", &["duong2015_parsers"]),
    ("Sun 2020", "§5.2", "joint", &["sun2020_adashare"]),
    ("Liu 2019", "§5.2", "joint", &["liu2019_mt_dnn"]),
    ("Aghajanyan 2021", "§5.2", "joint", &["aghajanyan2021_muppet"]),
];

/// No file but the spec itself.
struct Alone;

impl World for Alone {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/systems")
}

/// A spec: what its head comment says, and what the checker finds.
struct System {
    file: String,
    text: String,
    /// `Goo et al. 2018`
    cited: String,
    /// sections and class of the second line
    sections: Vec<String>,
    class: String,
    /// why the survey's placement and its definition disagree
    placement: Option<String>,
    claim: String,
    checked: Checked,
}

impl System {
    fn read(file: &str) -> Result<System, String> {
        let path = folder().join(format!("{file}.mtl"));
        let text = fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
        let fault = |what: &str| format!("{file}: {what}");
        let mut head = text.lines().map_while(|l| l.strip_prefix("# "));
        let cite = head.next().ok_or_else(|| fault("the first line cites the paper: `# Goo et al. 2018, Title`"))?;
        let (cited, title) = cite.split_once(", ").ok_or_else(|| fault("no title or topic after the year"))?;
        let survey = head.next().and_then(|l| l.strip_prefix("survey: "));
        let survey = survey.ok_or_else(|| fault("the second line is `# survey: §3.1.2, joint`"))?;
        let (place, class) = survey.rsplit_once(", ").ok_or_else(|| fault("`# survey:` says section and class"))?;
        if title.len() < 10 || !year_fits(cited, file) {
            return Err(fault(&format!("`{cited}, {title}` is not the paper of this file's name")));
        }
        let placement = head.find_map(|l| l.strip_prefix("placement: ")).map(String::from);
        let c = driver::compile(&path, &text, &Alone, &Options::default());
        if !c.diagnostics.is_empty() {
            return Err(fault(&mtlc::diagnostics::render::render_plain(&c.sources, &c.diagnostics)));
        }
        let claims = text.lines().filter_map(|l| l.strip_prefix("expect "));
        let claim = claims.filter(|c| ["joint", "multi_step"].contains(c)).collect::<Vec<_>>().join(" and ");
        // `§3.1.1 (a relation for every pair)`: the section without what is said of it
        let bare = place.split(" (").map(|p| p.split_once(')').map_or(p, |(_, rest)| rest)).collect::<String>();
        Ok(System {
            file: file.into(),
            cited: cited.into(),
            sections: bare.split(" and ").flat_map(|p| p.split(", ")).map(|p| p.trim().to_string()).collect(),
            class: class.into(),
            placement,
            claim,
            checked: c.checked.ok_or_else(|| fault("not checked"))?,
            text,
        })
    }

    fn verdict(&self) -> &'static str {
        if self.checked.task_graph().multi_step() { "multi_step" } else { "joint" }
    }

    fn lines(&self) -> usize {
        self.text.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')).count()
    }

    /// `✓`, or what the trainer lacks: the word in question, else all that is said of it.
    fn runs(&self) -> String {
        let short = |m: &str| match m.split('`').nth(1) {
            Some(word) => code(word),
            None => m.trim_end_matches(" cannot be trained yet").to_string(),
        };
        let mut all: Vec<String> = self.checked.unsupported().iter().map(|d| short(&d.message)).collect();
        let mut seen = BTreeSet::new();
        all.retain(|l| seen.insert(l.clone()));
        match all.as_slice() {
            [] => "✓".into(),
            [a, b, c, d, rest @ ..] if rest.len() > 1 => format!("not yet: {a}, {b}, {c}, {d} and {} more", rest.len()),
            _ => format!("not yet: {}", all.join(", ")),
        }
    }
}

/// `van der Goot et al. 2021` is the paper of `vandergoot2021_xsid`.
fn year_fits(cited: &str, file: &str) -> bool {
    let (names, year) = cited.rsplit_once(' ').unwrap_or_default();
    let first = names.split(" et al.").next().unwrap_or_default().split(" and ").next().unwrap_or_default();
    let fold = |c: char| match c {
        'ø' => 'o',
        'é' => 'e',
        c => c,
    };
    let first: String = first.to_lowercase().chars().filter(|c| c.is_alphabetic()).map(fold).collect();
    year.len() == 4 && file.starts_with(&format!("{first}{year}"))
}

fn systems() -> Vec<System> {
    let mut faults = vec![];
    let mut all = vec![];
    for (_, _, _, files) in SYSTEMS {
        for f in *files {
            match System::read(f) {
                Ok(s) => all.push(s),
                Err(e) => faults.push(e),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    all
}

#[test]
fn every_system_checks_as_it_claims() {
    let all: BTreeMap<String, System> = systems().into_iter().map(|s| (s.file.clone(), s)).collect();
    let mut faults = vec![];
    for (name, section, class, files) in SYSTEMS {
        for f in *files {
            let s = &all[*f];
            if s.sections != section.split(", ").collect::<Vec<_>>() || s.class != *class {
                faults
                    .push(format!("{f}: the survey has {name} in {section}, {class}; the file says {:?}", s.sections));
            }
            if s.claim != s.verdict() {
                faults.push(format!("{f}: claims `{}` and is {}", s.claim, s.verdict()));
            }
            if (s.verdict() != *class) != s.placement.is_some() && *name != "Nishida 2018" {
                faults.push(format!("{f}: `# placement:` says why the verdict {} is not {class}", s.verdict()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_system_is_lost() {
    let listed: BTreeSet<&str> = SYSTEMS.iter().flat_map(|s| s.3).copied().collect();
    let there: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().to_string())
        .filter_map(|name| Some(name.strip_suffix(".mtl")?.to_string()))
        .collect();
    assert_eq!(listed.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), there);
    assert_eq!(listed.len(), SYSTEMS.iter().map(|s| s.3.len()).sum::<usize>(), "a file stands twice");
}

#[test]
fn systems_are_laid_out_alike() {
    let all = systems();
    let bad: Vec<&str> = all.iter().filter(|s| mtlc::fmt::format(&s.text).text != s.text).map(|s| &*s.file).collect();
    assert!(bad.is_empty(), "run `mtlc fmt` on {bad:?}");
}

#[test]
fn the_page_of_systems_is_current() {
    let link = |s: &System| format!("[{}](../examples/systems/{}.mtl)", s.cited, s.file);
    let steps = |s: &System| {
        let g = s.checked.task_graph();
        let chains: Vec<String> = g.components.iter().filter(|c| c.len() > 1).map(|c| g.chain(c)).collect();
        if chains.is_empty() { "1".to_string() } else { format!("{}: {}", g.steps.len(), chains.join("; ")) }
    };
    let reason = |s: &System| {
        let g = s.checked.task_graph();
        let reasons = g.reasons();
        let more = if reasons.len() > 1 { format!(", and {} more", reasons.len() - 1) } else { String::new() };
        let notes: String = g.notes.iter().map(|n| format!("; while {n}")).collect();
        format!("{}{more}{notes}", reasons[0])
    };
    let all = systems();
    let row = |s: &System| {
        let section = s.sections.join(", ");
        vec![link(s), section, code(s.verdict()), reason(s), steps(s), s.lines().to_string(), s.runs()]
    };
    let systems = table(&["system", "section", "verdict", "reason", "steps", "lines", "runs"], all.iter().map(row));
    let disagree = all.iter().filter_map(|s| {
        let why = s.placement.clone()?;
        Some(vec![link(s), format!("{} {}", s.sections.join(", "), code(&s.class)), code(s.verdict()), why])
    });
    let placement = table(&["system", "listed under", "verdict", "why"], disagree);
    let multi = all.iter().filter(|s| s.verdict() == "multi_step").count();
    let run = all.iter().filter(|s| s.runs() == "✓").count();
    let counts = format!(
        "{} specs of {} systems: {} joint, {multi} multi-step; {run} run today.\n",
        all.len(),
        SYSTEMS.len(),
        all.len() - multi
    );
    let (commit, proofs) = proofs();
    let row = |p: &Value| {
        let file = name_of(p);
        let s = all.iter().find(|s| s.file == file).unwrap();
        let figured = p["expects"].as_array().unwrap().iter().filter(|e| !e["figure"].is_null());
        let one = |e: &Value| {
            let x = 100.0 * e["figure"].as_f64().unwrap();
            let points = if e["twin"].is_null() { "%" } else { " points" };
            let verdict = if e["held"].is_null() { ", undecided" } else { "" };
            format!("{}: {x:.1}{points}{verdict}", code(e["claim"].as_str().unwrap()))
        };
        let claims: Vec<String> = figured.map(one).collect();
        vec![link(s), claims.join("; "), format!("{:.0}", p["seconds"].as_f64().unwrap().ceil())]
    };
    let proven = table(&["system", "claims and figures", "seconds"], proofs.iter().map(row));
    let seeds = proofs.first().map_or(0, |p| p["seeds"].as_u64().unwrap());
    let measured = format!("{} specs, {seeds} seeds each, measured at {commit}.\n", proofs.len());
    let parts = [
        ("counts", counts),
        ("systems", systems),
        ("measured", measured),
        ("proofs", proven),
        ("placement", placement),
    ];
    generated("docs/systems.md", &parts);
}

/// What `benches/prove_systems.sh` found, and at which commit.
fn proofs() -> (String, Vec<Value>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/systems.json");
    let all: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    (all["commit"].as_str().unwrap().into(), all["proofs"].as_array().unwrap().clone())
}

fn name_of(proof: &Value) -> String {
    let spec = Path::new(proof["spec"].as_str().unwrap());
    spec.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Proofs that take under ten seconds are made again, to the same figures.
#[cfg(feature = "train")]
#[test]
fn quick_proofs_hold() {
    let quick: Vec<Value> = proofs().1.into_iter().filter(|p| p["seconds"].as_f64().unwrap() < 10.0).collect();
    let store = tempfile::tempdir().unwrap();
    let mut c = std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"));
    c.args(["prove", "--json", "-q", "--store"]).arg(store.path()).current_dir(env!("CARGO_MANIFEST_DIR"));
    let done = c.args(quick.iter().map(|p| p["spec"].as_str().unwrap())).output().unwrap();
    assert!(quick.is_empty() || done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let again: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap_or_default();
    assert_eq!(again.len(), quick.len());
    for (old, new) in quick.iter().zip(&again) {
        let of = |p: &Value| -> Vec<(Value, Value)> {
            p["expects"].as_array().unwrap().iter().map(|e| (e["claim"].clone(), e["held"].clone())).collect()
        };
        assert_eq!(of(old), of(new), "{}", old["spec"]);
    }
}

/// Every spec that is proven loads its data and takes steps in each of its stages.
#[cfg(feature = "train")]
#[test]
fn proven_systems_take_steps() {
    use mtlc::driver::Disk;
    use mtlc::plan::Length;
    use mtlc::train::{Quiet, RunOptions, run};
    let there = tempfile::tempdir().unwrap();
    for proof in proofs().1 {
        let name = name_of(&proof);
        let path = folder().join(format!("{name}.mtl"));
        let mut c = driver::compile(&path, &fs::read_to_string(&path).unwrap(), &Disk, &Options::default());
        let mut data = driver::load(&mut c, true);
        let Some(mut plan) = driver::plan(&mut c, &data) else { panic!("{name}: {:?}", c.diagnostics) };
        plan.train.stages.iter_mut().for_each(|s| s.length = Length::Steps(2));
        let examples = driver::examples(&plan, &mut data, None);
        let options = RunOptions::new(there.path().join(&name), 1);
        let report = run(&plan, &data.tables, &examples, &options, &mut Quiet);
        let report = report.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(report.steps == 2 * plan.train.stages.len() as u64, "{name}: {} steps", report.steps);
    }
}
