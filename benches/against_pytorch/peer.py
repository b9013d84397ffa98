#!/usr/bin/env python3
"""The models of `specs/` as a user would write them in PyTorch: plain, competent training loops.

    python3 peer.py MODEL DATA [--epochs N] [--seed S] [--threads T]

MODEL is one of a to g; DATA is the folder that the spec of the same name reads. Batches hold texts of similar
length and run over the padding (packed sequences are slower on a CPU), the optimiser is the fused one, gradients are
dropped with `set_to_none`. Prints one JSON object: median seconds of a training epoch, peak memory, test scores.
"""
import argparse, glob, json, math, os, random, resource, statistics, time

import torch
import torch.nn as nn
import torch.nn.functional as F

PAD, UNK, NO_GOLD = 0, 1, -100


# ---- data: rows of (words, {task: tags or label})

def blocks(path):
    for block in open(path, encoding="utf-8").read().split("\n\n"):
        rows = [line.split() for line in block.split("\n") if line.strip()]
        if rows:
            yield list(zip(*rows))


def columns(folder, tasks):
    """A token per line, a task per column after the first; the last tenth of training is dev where there is no dev."""
    read = lambda split: [(list(c[0]), {t: list(c[i]) for t, i in tasks.items()})
                          for f in sorted(glob.glob(f"{folder}/{split}*")) for c in blocks(f)]
    train, dev, test = read("train"), read("dev"), read("test")
    if not dev:
        k = len(train) - len(train) // 10
        train, dev = train[:k], train[k:]
    return train, dev, test


def parallel(folder):
    def read(split):
        lines = lambda f: open(f"{folder}/{split}/{f}", encoding="utf-8").read().split("\n")
        return [(w.split(), {"slot": t.split(), "intent": l.strip()})
                for w, t, l in zip(lines("seq.in"), lines("seq.out"), lines("label")) if w.split()]
    return read("train"), read("valid"), read("test")


def reviews(folder, words=200):
    """FDU-MTL: a task per domain; the last eighth of training is dev."""
    out = [], [], []
    for path in sorted(glob.glob(f"{folder}/*.task.train")):
        domain = os.path.basename(path).split(".")[0]
        def read(p):
            cells = (line.split("\t", 1) for line in open(p, encoding="utf-8", newline="\n").read().split("\n"))
            return [(c[1].split()[:words], {domain: c[0]}) for c in cells if len(c) == 2 and c[1].split()]
        train = read(path)
        k = len(train) - len(train) // 8
        for part, rows in zip(out, (train[:k], train[k:], read(path.replace(".train", ".test")))):
            part.extend(rows)
    return out


class Tables:
    """Ids of words, characters and labels, from the training part alone."""

    def __init__(self, train, min_count=1):
        counts = {}
        for words, _ in train:
            for w in words:
                counts[w] = counts.get(w, 0) + 1
        self.words = {w: i + 2 for i, w in enumerate(w for w, n in counts.items() if n >= min_count)}
        self.chars = {c: i + 2 for i, c in enumerate(sorted({c for w in counts for c in w}))}
        self.single = torch.zeros(len(self.words) + 2, dtype=torch.bool)
        self.single[[self.words[w] for w, n in counts.items() if n == 1 and w in self.words]] = True
        golds = {}
        for _, gold in train:
            for t, g in gold.items():
                golds.setdefault(t, set()).update(g if isinstance(g, list) else [g])
        self.labels = {t: sorted(g) for t, g in golds.items()}
        self.ids = {t: {l: i for i, l in enumerate(g)} for t, g in self.labels.items()}

    def encode(self, rows):
        def gold(t, g):
            ids = self.ids[t]
            return [ids.get(x, NO_GOLD) for x in g] if isinstance(g, list) else ids.get(g, NO_GOLD)
        return [([self.words.get(w, UNK) for w in words], [[self.chars.get(c, UNK) for c in w[:20]] for w in words],
                 {t: gold(t, g) for t, g in golds.items()}) for words, golds in rows]


def collate(batch, chars):
    n = max(len(w) for w, _, _ in batch)
    pad = lambda rows, value: torch.tensor([r + [value] * (n - len(r)) for r in rows])
    out = {"words": pad([w for w, _, _ in batch], PAD), "gold": {}}
    if chars:
        m = max(3, max(len(c) for _, cs, _ in batch for c in cs))
        out["chars"] = torch.tensor([[c + [PAD] * (m - len(c)) for c in cs] + [[PAD] * m] * (n - len(cs))
                                     for _, cs, _ in batch])
    for t, g in batch[0][2].items():
        rows = [golds[t] for _, _, golds in batch]
        out["gold"][t] = pad(rows, NO_GOLD) if isinstance(g, list) else torch.tensor(rows)
    return out


def batches(rows, size, chars):
    """Batches of similar length, of one corpus each (a corpus is its set of tasks), in random order."""
    groups = {}
    for row in random.sample(rows, len(rows)):
        groups.setdefault(tuple(row[2]), []).append(row)
    cut = []
    for group in groups.values():
        group.sort(key=lambda r: len(r[0]))
        cut += [group[i:i + size] for i in range(0, len(group), size)]
    random.shuffle(cut)
    return (collate(b, chars) for b in cut)


# ---- layers

class Words(nn.Module):
    """Embeddings, beside a convolution over characters where `chars` is given."""

    def __init__(self, tables, width, chars=0, dropout=0.5):
        super().__init__()
        self.single, self.drop = tables.single, nn.Dropout(dropout)
        self.emb = nn.Embedding(len(tables.words) + 2, width, padding_idx=PAD)
        self.chars = nn.Embedding(len(tables.chars) + 2, chars, padding_idx=PAD) if chars else None
        self.conv = nn.Conv1d(chars, chars, 3, padding=1) if chars else None
        self.width = width + chars

    def forward(self, batch):
        words = batch["words"]
        if self.training:
            words = torch.where(self.single[words] & (torch.rand(words.shape) < 0.5), UNK, words)
        x = self.emb(words)
        if self.chars is not None:
            b, n, m = batch["chars"].shape
            c = self.conv(self.chars(batch["chars"].view(-1, m)).transpose(1, 2)).amax(2).relu()
            x = torch.cat([x, c.view(b, n, -1)], 2)
        return self.drop(x)


class Crf(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.step, self.start, self.end = (nn.Parameter(torch.zeros(*s)) for s in ((k, k), (k,), (k,)))

    def loss(self, scores, gold):
        mask = gold != NO_GOLD
        tags = gold.clamp(min=0)
        lengths = mask.sum(1)
        alpha = self.start + scores[:, 0]
        for t in range(1, scores.shape[1]):
            following = torch.logsumexp(alpha[:, :, None] + self.step, 1) + scores[:, t]
            alpha = torch.where(mask[:, t, None], following, alpha)
        total = torch.logsumexp(alpha + self.end, 1)
        path = self.start[tags[:, 0]] + (scores.gather(2, tags[..., None]).squeeze(2) * mask).sum(1)
        path = path + (self.step[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]).sum(1)
        path = path + self.end[tags.gather(1, (lengths - 1)[:, None]).squeeze(1)]
        return (total - path).sum() / mask.sum()

    def decode(self, scores, lengths):
        out = []
        for s, n in zip(scores, lengths):
            alpha, back = self.start + s[0], []
            for t in range(1, n):
                best, arg = (alpha[:, None] + self.step).max(0)
                alpha = best + s[t]
                back.append(arg)
            path = [int((alpha + self.end).argmax())]
            for arg in reversed(back):
                path.append(int(arg[path[-1]]))
            out.append(path[::-1])
        return out


def positions(n, d):
    at = torch.arange(n)[:, None] * torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
    return torch.stack([at.sin(), at.cos()], 2).view(n, d)


# ---- models: forward gives scores by task

class Recurrent(nn.Module):
    """A stack of BiLSTMs with taggers at given layers, and a sentence head over attention."""

    def __init__(self, tables, hidden, layers, heads, width=100, chars=0, crf=()):
        super().__init__()
        self.words, self.heads, self.drop = Words(tables, width, chars), heads, nn.Dropout(0.3)
        self.rnn = nn.ModuleList(nn.LSTM(self.words.width if i == 0 else 2 * hidden, hidden, batch_first=True,
                                         bidirectional=True) for i in range(layers))
        self.out = nn.ModuleDict({t: nn.Linear(2 * hidden, len(tables.labels[t])) for t in heads})
        self.attend = nn.Linear(2 * hidden, 1)
        self.crf = nn.ModuleDict({t: Crf(len(tables.labels[t])) for t in crf})
        self.uses_chars = bool(chars)

    def forward(self, batch):
        h, states = self.words(batch), []
        for rnn in self.rnn:
            h = self.drop(rnn(h)[0])
            states.append(h)
        out = {}
        for t, layer in self.heads.items():
            if layer == "attend":
                weight = self.attend(h).squeeze(2).masked_fill(batch["words"] == PAD, -1e9).softmax(1)
                out[t] = self.out[t]((weight[..., None] * h).sum(1))
            else:
                out[t] = self.out[t](states[layer])
        return out


class Domains(nn.Module):
    """A shared encoder and a private one for each domain, over one table of embeddings."""
    uses_chars, crf = False, {}

    def __init__(self, tables):
        super().__init__()
        self.words, self.drop = Words(tables, 100), nn.Dropout(0.3)
        lstm = lambda: nn.LSTM(100, 64, batch_first=True, bidirectional=True)
        self.shared, self.private = lstm(), nn.ModuleDict({t: lstm() for t in tables.labels})
        self.out = nn.ModuleDict({t: nn.Linear(256, len(l)) for t, l in tables.labels.items()})

    def forward(self, batch):
        (task,) = batch["gold"]
        x, inside = self.words(batch), (batch["words"] != PAD)[..., None]
        pool = lambda rnn: rnn(x)[0].masked_fill(~inside, -1e9).amax(1)
        return {task: self.out[task](self.drop(torch.cat([pool(self.shared), pool(self.private[task])], 1)))}


class Transformer(nn.Module):
    """MiniLM-L6's shape: 6 layers, 384 wide, 12 heads. Frozen, it is run without dropout and without a graph."""
    uses_chars, crf = False, {}

    def __init__(self, tables, frozen):
        super().__init__()
        self.words, self.frozen = Words(tables, 384, dropout=0.1), frozen
        layer = nn.TransformerEncoderLayer(384, 12, 1536, 0.1, "gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)
        self.slot, self.intent = (nn.Linear(384, len(tables.labels[t])) for t in ("slot", "intent"))
        if frozen:
            for p in [*self.words.parameters(), *self.encoder.parameters()]:
                p.requires_grad_(False)

    def encode(self, batch):
        padding = batch["words"] == PAD
        x = self.words(batch)
        return self.encoder(x + positions(x.shape[1], 384), src_key_padding_mask=padding), padding

    def forward(self, batch):
        if self.frozen:
            self.words.eval(), self.encoder.eval()
            with torch.no_grad():
                h, padding = self.encode(batch)
        else:
            h, padding = self.encode(batch)
        inside = (~padding)[..., None]
        return {"slot": self.slot(h), "intent": self.intent((h * inside).sum(1) / inside.sum(1))}


# ---- scores

def spans(tags):
    out, start, kind = set(), None, None
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, k = tag.partition("-")
        if start is not None and (prefix in "OB" or k != kind):
            out.add((kind, start, i))
            start = None
        if prefix != "O" and start is None:
            start, kind = i, k
    return out


def evaluate(net, tables, rows, encoded):
    """Span F1 where the labels are BIO, else accuracy, in per cent."""
    net.eval()
    seen = {}
    order = sorted(range(len(rows)), key=lambda i: (tuple(encoded[i][2]), len(encoded[i][0])))
    with torch.inference_mode():
        while order:
            tasks = tuple(encoded[order[0]][2])
            ids = [i for i in order[:128] if tuple(encoded[i][2]) == tasks]
            order = order[len(ids):]
            scores = net(collate([encoded[i] for i in ids], net.uses_chars))
            lengths = [len(rows[i][0]) for i in ids]
            for t, s in scores.items():
                answer = net.crf[t].decode(s, lengths) if t in net.crf else s.argmax(-1).tolist()
                for i, a in zip(ids, answer):
                    gold = rows[i][1][t]
                    said = [tables.labels[t][x] for x in a[:len(gold)]] if isinstance(gold, list) else tables.labels[t][a]
                    seen.setdefault(t, []).append((gold, said))
    out = {}
    for t, pairs in seen.items():
        if any(l.startswith("B-") for l in tables.labels[t]):
            hit = sum(len(spans(g) & spans(s)) for g, s in pairs)
            n = sum(len(spans(g)) + len(spans(s)) for g, s in pairs)
            out[t] = 200 * hit / max(n, 1)
        else:
            flat = [(x, y) for g, s in pairs for x, y in (zip(g, s) if isinstance(g, list) else [(g, s)])]
            out[t] = 100 * sum(x == y for x, y in flat) / len(flat)
    return out


# ---- training

def train(net, tables, parts, a, lr=1e-3, adamw=False, clip=5.0, kept=None):
    """Trains, keeps the epoch with the best dev mean of the `kept` tasks; epoch seconds and test scores."""
    rows, encoded = parts, [tables.encode(p) for p in parts]
    learning = [p for p in net.parameters() if p.requires_grad]
    opt = (torch.optim.AdamW(learning, lr=lr, weight_decay=0.01, fused=True) if adamw
           else torch.optim.Adam(learning, lr=lr, fused=True))
    total = a.epochs * math.ceil(len(rows[0]) / 32)
    warm = max(1, total // 10)
    rate = torch.optim.lr_scheduler.LambdaLR(
        opt, lambda i: min((i + 1) / warm, max(0.0, (total - i) / max(1, total - warm))) if adamw else 1.0)
    seconds, best, state = [], -1.0, None
    for _ in range(a.epochs):
        net.train()
        begin = time.time()
        for batch in batches(encoded[0], 32, net.uses_chars):
            scores, loss = net(batch), 0.0
            for t, gold in batch["gold"].items():
                if t in scores:
                    s = scores[t]
                    loss = loss + (net.crf[t].loss(s, gold) if t in net.crf
                                   else F.cross_entropy(s.flatten(0, -2), gold.flatten(), ignore_index=NO_GOLD))
            opt.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(learning, clip)
            opt.step()
            rate.step()
            loss.item()
        seconds.append(time.time() - begin)
        dev = evaluate(net, tables, rows[1], encoded[1])
        value = statistics.mean(v for t, v in dev.items() if kept is None or t in kept)
        if value > best:
            best, state = value, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(state)
    return seconds, evaluate(net, tables, rows[2], encoded[2])


TAGGERS = {t: i + 1 for i, t in enumerate(["upos", "xpos", "deprel", "number", "tense", "verbform", "prontype", "person"])}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("model", choices="abcdefg")
    args.add_argument("data")
    args.add_argument("--epochs", type=int, default=3)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--threads", type=int, default=2)
    a = args.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    random.seed(a.seed)
    parts = {"a": parallel, "b": lambda d: columns(d, {"pos": 1, "chunk": 2}), "c": reviews, "d": parallel,
             "e": parallel, "f": lambda d: columns(d, TAGGERS), "g": lambda d: columns(d, TAGGERS)}[a.model](a.data)
    tables = Tables(parts[0], min_count=2 if a.model == "c" else 1)
    if a.model == "a":
        net = Recurrent(tables, 128, 1, {"slot": 0, "intent": "attend"})
        seconds, test = train(net, tables, parts, a)
    elif a.model == "b":
        net = Recurrent(tables, 100, 3, {"pos": 0, "chunk": 2}, chars=30, crf=["chunk"])
        seconds, test = train(net, tables, parts, a, kept=["chunk"])
    elif a.model == "c":
        seconds, test = train(Domains(tables), tables, parts, a)
    elif a.model in "de":
        net = Transformer(tables, a.model == "e")
        seconds, test = train(net, tables, parts, a, lr=1e-3 if a.model == "e" else 2e-4, adamw=True, clip=1.0)
    elif a.model == "g":
        seconds, test = train(Recurrent(tables, 128, 1, dict.fromkeys(TAGGERS, 0)), tables, parts, a,
                              kept=["upos", "xpos", "deprel", "number"])
    else:
        # what a user without multi-task learning does: eight models, one after the other
        seconds, test = [0.0] * a.epochs, {}
        for t in TAGGERS:
            one, score = train(Recurrent(tables, 128, 1, {t: 0}), tables, parts, a)
            seconds = [x + y for x, y in zip(seconds, one)]
            test |= score
    if a.model == "c":
        test = {"mean of the domains": statistics.mean(test.values())}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": statistics.median(seconds), "later": statistics.median(seconds[1:] or seconds),
                      "peak_mb": peak, "test": test, "epochs": seconds}))


main()
