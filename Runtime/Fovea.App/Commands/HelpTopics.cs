namespace Fovea.App.Commands;

/// <summary>What options are about, in the order of help, and examples. An option of no topic is shown under <see cref="Other"/>.</summary>
internal static class HelpTopics
{
    /// <summary>Options without a topic.</summary>
    public const string Other = "more";

    /// <summary>Title and options.</summary>
    public static readonly (string Title, string[] Options)[] All =
    [
        ("the data set", ["--data", "--split", "--skip-unknown", "--allow-missing", "--allow-outside", "--edge", "--megapixels", "--check"]),
        ("pictures", ["--recursive", "--list"]),
        ("weights", ["--weights", "--load", "--classes-by-name", "--rename-class"]),
        ("the file", ["--format", "--kind", "--input", "--no-resize", "--canvas"]),
        ("what is compared", ["--torch", "--python", "--script-only", "--read"]),
        ("the run", ["--out", "--resume", "--overwrite", "--checkpoint-minutes", "--checkpoint-steps", "--on-divergence"]),
        ("training",
        [
            "--epochs", "--time", "--batch", "--accumulate", "--lr", "--lr-batch", "--schedule", "--pretrained", "--backbone-lr", "--layer-decay", "--patience", "--ema",
            "--norm-batches", "--no-validation-loss", "--seed",
        ]),
        ("what counts as a detection", ["--score", "--nms", "--max", "--tiles", "--tile-size", "--tile-overlap"]),
        ("loading and varying pictures",
        [
            "--workers", "--cache", "--sampling", "--repeat-threshold", "--no-flip", "--flip-vertical", "--rotate90", "--crop", "--scale",
            "--multi-scale", "--color", "--mosaic", "--mixup",
        ]),
        ("measuring", ["--suggest", "--minutes", "--seconds", "--repetitions", "--no-training"]),
        (Other, []),
        ("what is written", ["--save", "--no-draw", "--no-plots", "--headers-only", "--json"]),
        ("where it computes", ["--device", "--precision"]),
        ("help and files of options", ["--config", "--help", "--version"]),
    ];

    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        [""] =
        [
            "data --data bccd --out look",
            "train --data bccd --out out",
            "eval --data bccd --weights out/MODEL.safetensors",
            "detect photos --weights out/MODEL.safetensors",
        ],
        ["train"] =
        [
            "train --data bccd --out out --epochs 30",
            "train --data bccd --out out --pretrained",
            "train --data bccd --out out --resume",
            "train --data bccd --out out --weights resnet50.pth --load backbone",
            "train --config recipe.yaml --batch 4",
            "train --data bccd --out out --json > epochs.jsonl",
        ],
        ["data"] =
        [
            "data --data bccd --out look",
            "data --data bccd --suggest --minutes 30",
        ],
        ["eval"] =
        [
            "eval --data bccd --weights out/MODEL.safetensors --split val",
        ],
        ["detect"] =
        [
            "detect photo.jpg --weights out/MODEL.safetensors --out found.png",
            "detect photos --recursive --weights out/MODEL.safetensors --save coco,csv",
            "detect 'photos/**/*.jpg' --weights out/MODEL.safetensors --no-draw --json",
            "detect aerial.tif --tiles --weights out/MODEL.safetensors --out found.png",
            "detect - --weights out/MODEL.safetensors < photo.jpg",
            "detect --list - --weights out/MODEL.safetensors < names.txt",
        ],
        ["export"] =
        [
            "export --weights out/MODEL.safetensors --out model.onnx",
            "export --weights out/MODEL.safetensors --out heads.onnx --kind raw",
            "export --weights out/MODEL.safetensors --out model.onnx --input floats --no-resize --canvas 640x480 --score 0.3",
            "export --weights out/MODEL.safetensors --out model.pth",
        ],
        ["verify"] =
        [
            "verify --torch photo.jpg --weights out/MODEL.safetensors",
            "verify --torch --weights out/MODEL.safetensors --python ~/venv/bin/python --json",
            "verify --torch photo.jpg --weights out/MODEL.safetensors --script-only check.py",
            "verify --torch photo.jpg --weights out/MODEL.safetensors --read check.safetensors",
        ],
        ["bench"] =
        [
            "bench",
            "bench --weights out/MODEL.safetensors --seconds 10 --json",
        ],
        ["info"] = ["info --json"],
        ["doctor"] =
        [
            "doctor",
            "doctor --device cuda",
            "doctor --torch --python ~/venv/bin/python --json",
        ],
        ["replay"] = ["replay out/divergence"],
    };

    /// <summary>Command lines without the program's name.</summary>
    /// <param name="command">Its name; empty: the program.</param>
    public static IReadOnlyList<string> ExamplesOf(string command) => Examples.GetValueOrDefault(command, []);
}
