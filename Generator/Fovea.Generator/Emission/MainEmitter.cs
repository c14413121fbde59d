using Fovea.Generator.Graph;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>
/// The main file: the surface of the user's class with the architecture table. It stands among the user's code, so that every name is
/// written out.
/// </summary>
internal sealed class MainEmitter(CompiledModel model)
{
    private ModelSpec Spec => model.Spec;

    private long Parameters => model.Costs.Sum(stage => stage.Parameters);

    private long Macs => model.Costs.Sum(stage => stage.Macs);

    public GeneratedFile Emit() => CodeFile.OfDetector(model, w =>
    {
        WriteDocumentation(w);
        var version = typeof(MainEmitter).Assembly.GetName().Version;
        w.Line($"[global::System.CodeDom.Compiler.GeneratedCode(\"Fovea.Generator\", \"{version}\")]");
        using (w.Block($"partial class {Spec.Name} : global::{KnownNames.Detector}<{Spec.ClassEnum}>"))
        {
            WriteSurface(w);
        }
    });

    private static string Giga(long macs) => (macs / 1e9).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) + " G";

    private static string Backbone(BackboneSpec backbone) => backbone.Name == "Custom"
        ? $"a custom ResNet of {Literal.List(backbone.StageBlocks.Select(Literal.Of))} {Blocks(backbone)}, width {backbone.BaseWidth}"
        : backbone.Name;

    private static string Blocks(BackboneSpec backbone) => backbone.Block == BlockKind.Basic ? "basic blocks" : "bottlenecks";

    private void WriteDocumentation(IndentedWriter w)
    {
        var pyramid = Spec.Pyramid;
        var levels = $"P{pyramid.MinLevel} to P{pyramid.MaxLevel}, {Spec.Head.AnchorsPerCell} anchors a cell";
        w.Line($"/// <summary>{model.Training.Head.Name} on {Backbone(Spec.Backbone)}, {levels}, {Spec.Classes} classes.</summary>");
        w.Line("/// <remarks>");
        w.Line($"/// One image of {model.Canvas.Width}×{model.Canvas.Height}:");
        WriteTable(w, model.Costs
            .Select(stage => new[] { stage.Stage, Output(stage), Literal.Grouped(stage.Parameters), Giga(stage.Macs) })
            .Prepend(["stage", "output", "parameters", "MACs"])
            .Append(["total", "", Literal.Grouped(Parameters), Giga(Macs)]));
        w.Line("/// Memory, beside the weights:");
        WriteTable(w, Canvases()
            .Select(canvas => new[]
            {
                $"{canvas.Width}×{canvas.Height}", PerImage(model.InferencePlan, canvas), PerImage(model.TrainingPlan, canvas),
            })
            .Prepend(["canvas", "detection, each image", "training, each image"]));
        w.Line("/// </remarks>");
    }

    /// <summary>The first two columns are texts, the others numbers.</summary>
    private static void WriteTable(IndentedWriter w, IEnumerable<string[]> rows)
    {
        var table = rows.ToList();
        var widths = table[0].Select((_, column) => table.Max(row => row[column].Length)).ToList();
        w.Line("/// <code>");
        foreach (var row in table)
        {
            var cells = row.Select((cell, column) => column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            w.Line("/// " + string.Join("   ", cells));
        }

        w.Line("/// </code>");
    }

    /// <summary>100×100×256 … 7×7×256; of two heads 100×100×(819 + 36) … .</summary>
    private string Output(StageCost stage)
    {
        var all = string.Join(" + ", stage.Outputs.Select(shape => Literal.Of(shape.Channels)));
        var channels = stage.Outputs.Count == 1 ? all : $"({all})";
        var levels = stage.Outputs[0].LevelHalvings.Select(halvings =>
            $"{Shape.ExtentOf(model.Canvas.Width, halvings)}×{Shape.ExtentOf(model.Canvas.Height, halvings)}×{channels}").ToList();
        return levels.Count == 1 ? levels[0] : $"{levels[0]} … {levels[levels.Count - 1]}";
    }

    private EquatableArray<CanvasSpec> Canvases() =>
        Spec.InputSizes.Count > 0 ? Spec.InputSizes : new[] { model.Canvas }.ToEquatableArray();

    /// <summary>What one more image takes; ground truth, which a session sizes, is left out.</summary>
    private static string PerImage(MemoryPlan plan, CanvasSpec canvas) => MemoryPlan.Megabytes(
        plan.ArenaLength(new(2, canvas.Height, canvas.Width, 0)) - plan.ArenaLength(new(1, canvas.Height, canvas.Width, 0)));

    private void WriteSurface(IndentedWriter w) => w.Line(
        $$"""
        private {{Spec.Name}}(global::{{KnownNames.DetectorOptions}} options)
            : base({{CodeFile.FullProgramOf(Spec)}}.Instance, options)
        {
        }

        /// <summary>K, the channels of the classification head: the greatest value of the class enum and one.</summary>
        public const int Classes = {{Spec.Classes}};

        /// <summary>A, the anchors of each cell of the pyramid.</summary>
        public const int AnchorsPerCell = {{Spec.Head.AnchorsPerCell}};

        /// <summary>The finest level of the pyramid, whose cells are 2^level pixels wide.</summary>
        public const int MinLevel = {{Spec.Pyramid.MinLevel}};

        /// <summary>The coarsest level of the pyramid.</summary>
        public const int MaxLevel = {{Spec.Pyramid.MaxLevel}};

        /// <summary>Elements that the model stores as parameters, without running statistics.</summary>
        public const long ParameterCount = {{Literal.Of(Parameters)}};

        /// <summary>Multiply-accumulates of detection in one image of {{model.Canvas.Width}}×{{model.Canvas.Height}}.</summary>
        public const long MacsPerImage = {{Literal.Of(Macs)}};

        /// <summary>Makes a detector with first weights.</summary>
        /// <param name="seed">The same seed gives the same weights on every machine.</param>
        /// <param name="options">Device and threads.</param>
        public static {{Spec.Name}} Create(ulong seed = 0, global::{{KnownNames.DetectorOptions}}? options = null)
        {
            var detector = new {{Spec.Name}}(options ?? new global::{{KnownNames.DetectorOptions}}());
            ((global::{{KnownNames.Detector}})detector).InitializeWeights(seed);
            return detector;
        }

        /// <summary>Makes a detector with the weights of a checkpoint.</summary>
        /// <param name="path">A checkpoint: safetensors or a state dict of torch.save, with torchvision's key names.</param>
        /// <param name="options">Device and threads.</param>
        /// <param name="load">How to read the file.</param>
        public static {{Spec.Name}} Load(
            string path, global::{{KnownNames.DetectorOptions}}? options = null, global::{{KnownNames.LoadOptions}}? load = null) =>
            global::{{KnownNames.Detector}}.Loaded(
                new {{Spec.Name}}(options ?? new global::{{KnownNames.DetectorOptions}}()),
                detector => detector.LoadWeights(path, load));

        /// <summary>Makes a detector with the weights of a checkpoint.</summary>
        /// <param name="stream">A checkpoint's content, to its end; stays open.</param>
        /// <param name="options">Device and threads.</param>
        /// <param name="load">How to read it.</param>
        public static {{Spec.Name}} Load(
            global::System.IO.Stream stream, global::{{KnownNames.DetectorOptions}}? options = null,
            global::{{KnownNames.LoadOptions}}? load = null) =>
            global::{{KnownNames.Detector}}.Loaded(
                new {{Spec.Name}}(options ?? new global::{{KnownNames.DetectorOptions}}()),
                detector => detector.LoadWeights(stream, load));

        /// <summary>Makes a detector with the weights of a checkpoint.</summary>
        /// <param name="content">A checkpoint's content.</param>
        /// <param name="options">Device and threads.</param>
        /// <param name="load">How to read it.</param>
        public static {{Spec.Name}} Load(
            global::System.ReadOnlyMemory<byte> content, global::{{KnownNames.DetectorOptions}}? options = null,
            global::{{KnownNames.LoadOptions}}? load = null) =>
            global::{{KnownNames.Detector}}.Loaded(
                new {{Spec.Name}}(options ?? new global::{{KnownNames.DetectorOptions}}()),
                detector => detector.LoadWeights(content, load));
        """);
}
