use super::*;
use crate::kinds::optimisers::Decay;
use crate::plan::{Init, Setting};
use burn::tensor::{Device, Tensor};

fn optimizer(kind: &str, settings: &[(&str, f64)], params: &Params) -> Optimizer {
    let map: plan::Settings = settings.iter().map(|(k, v)| (k.to_string(), Setting::Real(*v))).collect();
    let spec = plan::Optimizer { kind: kind.into(), settings: map, groups: vec![], warmup: 0.0, decay: Decay::usual() };
    Optimizer::new(&spec, params).unwrap()
}

fn params() -> Params {
    let spec = |name: &str, n: usize| plan::Param {
        name: name.into(),
        shape: vec![n],
        init: Init::Constant(0.5),
        owner: "x".into(),
        also: vec![],
    };
    Params::new(&[spec("a", 3), spec("b", 2)], 1, &Device::flex(), &|_, _| None)
}

const GRADS: [[f32; 3]; 3] = [[0.1, -0.2, 3.0], [0.4, 0.0, -1.0], [-0.3, 0.5, 0.25]];

fn grads(p: &Params, step: usize) -> Gradients {
    (p.get1(0) * Tensor::from_data(GRADS[step], p.device())).sum().backward()
}

/// Three steps of the optimiser against the formula `f(t, p, g, state) → p` in doubles.
fn check(kind: &str, settings: &[(&str, f64)], lr: f64, f: impl Fn(i32, f64, f64, &mut [f64; 2]) -> f64) {
    let mut p = params();
    let mut opt = optimizer(kind, settings, &p);
    let mut expected = [0.5f64; 3];
    let mut state = [[0f64; 2]; 3];
    for (t, grad) in GRADS.iter().enumerate() {
        let g = grads(&p, t);
        opt.step(&mut p, g, &|_| lr, None);
        for j in 0..3 {
            expected[j] = f(t as i32 + 1, expected[j], f64::from(grad[j]), &mut state[j]);
        }
        for (a, b) in p.values(0).iter().zip(expected) {
            assert!((f64::from(*a) - b).abs() < 2e-6, "{kind} step {t}: {a} and {b}");
        }
    }
    assert_eq!(p.values(1), [0.5, 0.5], "no gradient, no move");
}

#[test]
fn formulas() {
    check("sgd", &[], 0.1, |_, p, g, _| p - 0.1 * g);
    check("sgd", &[("momentum", 0.9), ("weight_decay", 0.01)], 0.1, |t, p, g, s| {
        let g = g + 0.01 * p;
        s[0] = if t == 1 { g } else { 0.9 * s[0] + g };
        p - 0.1 * s[0]
    });
    check("sgd", &[("momentum", 0.9), ("nesterov", 1.0)], 0.1, |t, p, g, s| {
        s[0] = if t == 1 { g } else { 0.9 * s[0] + g };
        p - 0.1 * (g + 0.9 * s[0])
    });
    let adam = |t: i32, p: f64, g: f64, s: &mut [f64; 2]| {
        s[0] = 0.9 * s[0] + 0.1 * g;
        s[1] = 0.999 * s[1] + 0.001 * g * g;
        let m = s[0] / (1.0 - 0.9f64.powi(t));
        let v = s[1] / (1.0 - 0.999f64.powi(t));
        p - 0.01 * m / (v.sqrt() + 1e-8)
    };
    check("adam", &[], 0.01, adam);
    check("adam", &[("weight_decay", 0.1)], 0.01, |t, p, g, s| adam(t, p, g + 0.1 * p, s));
    check("adamw", &[("weight_decay", 0.1)], 0.01, |t, p, g, s| adam(t, p * (1.0 - 0.01 * 0.1), g, s));
    check("adamax", &[], 0.01, |t, p, g, s| {
        s[0] = 0.9 * s[0] + 0.1 * g;
        s[1] = (0.999 * s[1]).max(g.abs() + 1e-8);
        p - 0.01 / (1.0 - 0.9f64.powi(t)) * s[0] / s[1]
    });
    check("adadelta", &[], 1.0, |_, p, g, s| {
        s[0] = 0.9 * s[0] + 0.1 * g * g;
        let d = (s[1] + 1e-6).sqrt() / (s[0] + 1e-6).sqrt() * g;
        s[1] = 0.9 * s[1] + 0.1 * d * d;
        p - d
    });
}

#[test]
fn adam_as_pytorch_prints_it() {
    // the first step of Adam moves by lr·sign(g) up to ε, whatever the gradient's size
    let mut p = params();
    let mut opt = optimizer("adam", &[], &p);
    let g = grads(&p, 0);
    let info = opt.step(&mut p, g, &|_| 0.001, None);
    assert_eq!(p.values(0), [0.499, 0.501, 0.499]);
    assert!((info.grad_norm - (0.01f64 + 0.04 + 9.0).sqrt()).abs() < 1e-6);
}

/// Rows that a step does not read move exactly as if their gradient had been computed.
#[test]
fn a_gradient_of_rows_is_one_with_zeros() {
    let (v, d) = (3000, 25);
    let spec =
        plan::Param { name: "t".into(), shape: vec![v, d], init: Init::Normal(1.0), owner: "x".into(), also: vec![] };
    for (kind, settings) in [
        ("sgd", vec![]),
        ("sgd", vec![("momentum", 0.9), ("weight_decay", 0.1)]),
        ("adam", vec![("weight_decay", 0.1)]),
        ("adamw", vec![]),
        ("adamax", vec![]),
        ("adadelta", vec![]),
    ] {
        let run = |sparse: bool, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut p = Params::new(std::slice::from_ref(&spec), 1, &Device::flex(), &|_, _| None);
                let mut opt = optimizer(kind, &settings, &p);
                for step in 0..4usize {
                    let ids = std::sync::Arc::new((0..40).map(|i| ((i * 977 + step * 31) % v) as i32).collect());
                    let x = match sparse {
                        true => p.rows(0, &ids),
                        false => crate::ops::rows::gather(&p.get2(0), ids),
                    };
                    let loss = (x.clone() * x).sum();
                    opt.step(&mut p, loss.backward(), &|_| 0.01, None);
                }
                p.values(0)
            })
        };
        let dense = run(false, 1);
        assert!(dense == run(true, 1), "{kind}");
        assert!(dense == run(true, 3), "{kind} by three threads");
    }
}

/// A mean that decays does not end among the subnormal numbers, and what vanishes would have moved nothing.
#[test]
fn what_is_too_small_to_count_is_nothing() {
    for kind in ["adam", "adadelta", "sgd"] {
        let settings: &[(&str, f64)] = if kind == "sgd" { &[("momentum", 0.9)] } else { &[] };
        let mut p = params();
        let mut opt = optimizer(kind, settings, &p);
        let mut before = vec![];
        for step in 0..2000 {
            let g = (p.get1(0) * p.get1(0)).sum().mul_scalar(if step == 0 { 1.0 } else { 0.0 }).backward();
            if step == 700 {
                before = p.values(0);
            }
            opt.step(&mut p, g, &|_| 0.01, None);
            let s = &opt.states[0];
            assert!(s.first.iter().chain(&s.second).all(|x| *x == 0.0 || x.abs() >= 1e-30), "{kind} at {step}");
        }
        assert_eq!(p.values(0), before, "{kind}");
    }
}

#[test]
fn clipping_is_over_all_gradients() {
    let mut p = params();
    let mut opt = optimizer("sgd", &[], &p);
    let loss = (p.get1(0).mul_scalar(3.0)).sum() + (p.get1(1).mul_scalar(4.0)).sum();
    let info = opt.step(&mut p, loss.backward(), &|i| if i == 0 { 1.0 } else { 0.5 }, Some(1.0));
    let norm = (27f64 + 32.0).sqrt();
    assert!((info.grad_norm - norm).abs() < 1e-6);
    assert!((f64::from(p.values(0)[0]) - (0.5 - 3.0 / norm)).abs() < 1e-6);
    assert!((f64::from(p.values(1)[0]) - (0.5 - 0.5 * 4.0 / norm)).abs() < 1e-6);
}

#[test]
fn frozen_parameters_and_bad_gradients_move_nothing() {
    let mut p = params();
    let mut opt = optimizer("adamw", &[], &p);
    p.freeze(&[0]);
    let loss = (p.get1(0) * p.get1(0)).sum() + p.get1(1).sum();
    opt.step(&mut p, loss.backward(), &|_| 0.1, None);
    assert_eq!(p.values(0), [0.5; 3]);
    assert_ne!(p.values(1), [0.5; 2]);
    let before = p.values(1);
    let loss = p.get1(1).mul_scalar(f32::NAN).sum();
    let info = opt.step(&mut p, loss.backward(), &|_| 0.1, Some(1.0));
    assert!(info.grad_norm.is_nan());
    assert_eq!(p.values(1), before);
}

#[test]
fn a_resumed_run_is_the_same_run() {
    for kind in optimisers::OPTIMIZERS.iter().map(|k| k.name) {
        let settings: &[(&str, f64)] = if kind == "sgd" { &[("momentum", 0.9)] } else { &[] };
        let run = |stop: bool| {
            let mut p = params();
            let mut opt = optimizer(kind, settings, &p);
            for t in 0..3 {
                if t == 2 && stop {
                    let state = opt.state().iter().map(Outgoing::stored).collect();
                    opt = optimizer(kind, settings, &p);
                    opt.load_state(state).unwrap();
                }
                let g = grads(&p, t);
                opt.step(&mut p, g, &|_| 0.01, None);
            }
            p.values(0)
        };
        assert_eq!(run(false), run(true), "{kind}");
    }
    let mut opt = optimizer("adam", &[], &params());
    let errors = opt.load_state(vec![("z.mean".into(), vec![], vec![0]), ("a.max".into(), vec![], vec![0])]);
    assert_eq!(errors.unwrap_err().len(), 2);
}
