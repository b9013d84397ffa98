#!/usr/bin/env python3
"""Trains the same models on the same data with mtlc and with PyTorch (`peer.py`), in turn, and prints a table.

    python3 benches/against_pytorch/run.py [--models abcdefg] [--rounds 3] [--epochs 3] [--data ../shared/data]

Needs a release build of mtlc, and a Python with PyTorch (`pip install torch==2.9.0 numpy`). Figures are medians over
the rounds: seconds of a training epoch (evaluation left out; for E those after the first epoch), and peak memory of
the whole process as the operating system counts it. Scores are those of the test part, after these few epochs.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ABOUT = {
    "a": ("joint BiLSTM, ATIS", "atis"),
    "b": ("hierarchy with characters and CRF, CoNLL-2000", "conll2000"),
    "c": ("16 domains, FDU-MTL", "fdu-mtl"),
    "d": ("Transformer of MiniLM's shape, ATIS", "atis"),
    "e": ("the same, encoder frozen", "atis"),
    "f": ("eight tasks on one text against eight models, English EWT", None),
    "g": ("the eight tasks of F on one model on both sides", None),
}
SPEC = {"g": "f"}
FEATURES = ["Number", "Tense", "VerbForm", "PronType", "Person"]


def treebank(data, out):
    """EWT as columns: the word, UPOS, XPOS, DEPREL, and five features (`_` where a word has none)."""
    for split in ("train", "dev", "test"):
        with open(f"{out}/{split}.txt", "w", encoding="utf-8") as f:
            for line in open(f"{data}/ud-english-ewt/en_ewt-ud-{split}.conllu", encoding="utf-8"):
                cells = line.rstrip("\n").split("\t")
                if len(cells) < 2:
                    if not line.strip():
                        f.write("\n")
                    continue
                if not cells[0].isdigit():
                    continue
                feats = dict(x.split("=", 1) for x in cells[5].split("|") if "=" in x)
                word = cells[1].replace(" ", "\u00a0")
                f.write("\t".join([word, cells[3], cells[4], cells[7], *(feats.get(k, "_") for k in FEATURES)]) + "\n")


def child(command, log):
    """Runs a command; its peak memory in MB."""
    with open(log, "w") as out:
        p = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(p.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{open(log).read()[-2000:]}")
    return usage.ru_maxrss / 1024


def ours(a, model, data, seed, tmp):
    folder = f"{tmp}/{model}-{seed}"
    peak = child([a.mtlc, "run", f"{HERE}/specs/{SPEC.get(model, model)}.mtl", "--set", f"root={data}", "--set", f"passes={a.epochs}",
                  "--seed", str(seed), "--threads", str(a.threads), "--quiet", "-o", folder], f"{folder}.log")
    report = json.load(open(f"{folder}/report.json"))
    seconds = [e["seconds"] for e in map(json.loads, open(f"{folder}/metrics.jsonl")) if e["event"] == "epoch"]
    test = {t["name"]: 100 * t["test"][0]["value"] for t in report["tasks"]}
    if model == "c":
        test = {"mean of the domains": statistics.mean(test.values())}
    return {"seconds": statistics.median(seconds), "later": statistics.median(seconds[1:] or seconds),
            "peak_mb": peak, "test": test}


def theirs(a, model, data, seed, tmp):
    log = f"{tmp}/{model}-{seed}-torch.log"
    child([a.python, f"{HERE}/peer.py", model, data, "--epochs", str(a.epochs), "--seed", str(seed),
           "--threads", str(a.threads)], log)
    return json.loads(open(log).read().strip().split("\n")[-1])


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--models", default="abcdefg")
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--epochs", type=int, default=3)
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--data", default="../shared/data")
    args.add_argument("--mtlc", default="target/release/mtlc")
    args.add_argument("--python", default=sys.executable)
    a = args.parse_args()
    print(f"| | model | mtlc s | PyTorch s | ratio | mtlc MB | PyTorch MB | ratio | mtlc test | PyTorch test |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as tmp:
        for model in a.models:
            about, folder = ABOUT[model]
            data = os.path.abspath(f"{a.data}/{folder}") if folder else tmp
            if not folder:
                treebank(a.data, tmp)
            pairs = [(ours(a, model, data, s, tmp), theirs(a, model, data, s, tmp)) for s in range(1, a.rounds + 1)]
            key = "later" if model == "e" else "seconds"
            median = lambda side, k: statistics.median(p[side][k] for p in pairs)
            ratio = lambda k: statistics.median(m[k] / t[k] for m, t in pairs)
            test = lambda side: ", ".join(
                f"{t} {statistics.mean(p[side]['test'][t] for p in pairs):.1f}" for t in pairs[0][side]["test"])
            print(f"| {model.upper()} | {about} | {median(0, key):.2f} | {median(1, key):.2f} | **{ratio(key):.2f}** "
                  f"| {median(0, 'peak_mb'):.0f} | {median(1, 'peak_mb'):.0f} | **{ratio('peak_mb'):.2f}** "
                  f"| {test(0)} | {test(1)} |", flush=True)


main()
