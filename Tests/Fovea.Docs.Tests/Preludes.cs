namespace Fovea.Docs.Tests;

/// <summary>What pages leave out of their blocks: usings, and statements that stand before a block's own.</summary>
internal static class Preludes
{
    /// <summary>The block before it on its page, of declarations alone.</summary>
    public const string Above = "above";

    private static readonly string[] Fovea = ["Fovea"];
    private static readonly string[] Cells = ["Fovea", "Fovea.Docs.Cells"];
    private static readonly string[] WebSdk = ["Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Http", "Microsoft.Extensions.DependencyInjection"];

    /// <summary>By the names that comments have.</summary>
    public static IReadOnlyDictionary<string, (string[] Usings, string Statements)> All { get; } = new Dictionary<string, (string[], string)>
    {
        [Above] = ([], ""),

        // Usings alone: of a page whose first block declares, and of one that goes on with what the README declares.
        ["Fovea"] = (Fovea, ""),
        ["classes"] = (["Fovea", "BloodCell = Fovea.Docs.Cells.BloodCell"], ""),
        ["cells"] = (Cells, ""),

        ["detector"] = (Cells, "using var detector = CellDetector.Create(seed: 1);"),
        ["train"] = (Cells, "var train = CocoDataset<BloodCell>.Open(\"train.json\", \"images\");"),
        ["val"] = (Cells, "var val = CocoDataset<BloodCell>.Open(\"val.json\", \"images\");"),
        ["recipe"] = (Fovea, "var recipe = new TrainerOptions();"),
        ["picture"] = (Fovea, "var picture = ImageFile.Decode(\"photo.jpg\");"),
        ["pixels"] = (
            [],
            """
            var (width, height) = (64, 48);
            var (pixels, bgra) = (new byte[width * height * 3], new byte[width * height * 4]);
            """),
        ["bytes"] = ([], "byte[] bytes = File.ReadAllBytes(\"photo.jpg\");"),
        ["cancellation"] = ([], "var cancellation = CancellationToken.None;"),
        ["loop"] = (
            Cells,
            """
            DetectionDataset<BloodCell> data = train;
            var (optimizer, learningRate) = (detector.CreateOptimizer(new AdamW()), 1e-3);
            using var session = detector.CreateTrainingSession(8, 64, 64);
            """),

        // The Web SDK's usings.
        ["web"] = (WebSdk, ""),
        ["onnxruntime"] = (["Microsoft.ML.OnnxRuntime", "Microsoft.ML.OnnxRuntime.Tensors"], ""),
    };
}
