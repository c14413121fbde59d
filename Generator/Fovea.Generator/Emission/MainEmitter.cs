using Fovea.Generator.Graph;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>The main file: the user's class with its surface and the architecture table, and the program's description.</summary>
internal sealed class MainEmitter(CompiledModel model)
{
    private ModelSpec Spec => model.Spec;

    private long Parameters => model.Costs.Sum(stage => stage.Parameters);

    private long Macs => model.Costs.Sum(stage => stage.Macs);

    public GeneratedFile Emit()
    {
        var w = CodeFile.Begin(Spec, "Fovea", "Fovea.Model");
        WriteDocumentation(w);
        var version = typeof(MainEmitter).Assembly.GetName().Version;
        w.Line($"[global::System.CodeDom.Compiler.GeneratedCode(\"Fovea.Generator\", \"{version}\")]");
        using (w.Block($"partial class {Spec.Name} : global::{KnownNames.Detector}<{Spec.ClassEnum}>"))
        {
            WriteSurface(w);
        }

        w.Gap();
        w.Line($"/// <summary>The network of <see cref=\"{Spec.Name}\"/>.</summary>");
        using (w.Block($"internal sealed partial class {CodeFile.ProgramOf(Spec)} : global::Fovea.Model.DetectorProgram"))
        {
            WriteDescription(w);
        }

        return new(CodeFile.PathOf(Spec, ""), w.ToString());
    }

    private static string Giga(long macs) => (macs / 1e9).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) + " G";

    private static string Backbone(BackboneSpec backbone) => backbone.Name == "Custom"
        ? $"a custom ResNet of {Literal.List(backbone.StageBlocks.Select(Literal.Of))} {Blocks(backbone)}, width {backbone.BaseWidth}"
        : backbone.Name;

    private static string Blocks(BackboneSpec backbone) => backbone.Block == BlockKind.Basic ? "basic blocks" : "bottlenecks";

    private void WriteDocumentation(IndentedWriter w)
    {
        var pyramid = Spec.Pyramid;
        var levels = $"P{pyramid.MinLevel} to P{pyramid.MaxLevel}, {Spec.Anchors.PerCell} anchors a cell";
        w.Line($"/// <summary>RetinaNet on {Backbone(Spec.Backbone)}, {levels}, {Spec.Classes} classes.</summary>");
        w.Line("/// <remarks>");
        w.Line($"/// <para>One image of {model.Canvas.Width}×{model.Canvas.Height}:</para>");
        WriteTable(w, ["Stage", "Output", "Parameters", "MACs"], model.Costs
            .Select(stage => new[] { stage.Stage, Output(stage), Literal.Grouped(stage.Parameters), Giga(stage.Macs) })
            .Append(["total", "", Literal.Grouped(Parameters), Giga(Macs)]));
        w.Line("/// <para>Memory, beside the weights:</para>");
        WriteTable(w, ["Canvas", "Detection, each image", "Training, each image"], Canvases().Select(canvas => new[]
        {
            $"{canvas.Width}×{canvas.Height}", PerImage(model.InferencePlan, canvas), PerImage(model.TrainingPlan, canvas),
        }));
        w.Line("/// </remarks>");
    }

    private static void WriteTable(IndentedWriter w, string[] header, IEnumerable<string[]> rows)
    {
        w.Line("/// <list type=\"table\">");
        w.Line($"/// <listheader><term>{header[0]}</term>{Descriptions(header)}</listheader>");
        foreach (var row in rows)
        {
            w.Line($"/// <item><term>{row[0]}</term>{Descriptions(row)}</item>");
        }

        w.Line("/// </list>");
    }

    private static string Descriptions(string[] row) => string.Concat(row.Skip(1).Select(cell => $"<description>{cell}</description>"));

    private string Output(StageCost stage)
    {
        var (width, height) = (Shape.Extent(model.Canvas.Width, stage.Output.Halvings), Shape.Extent(model.Canvas.Height, stage.Output.Halvings));
        return $"{width}×{height}×{stage.Output.Channels}";
    }

    private EquatableArray<CanvasSpec> Canvases() =>
        Spec.InputSizes.Count > 0 ? Spec.InputSizes : new[] { model.Canvas }.ToEquatableArray();

    /// <summary>What one more image takes; ground truth, which a session sizes, is left out.</summary>
    private static string PerImage(MemoryPlan plan, CanvasSpec canvas) => MemoryPlan.Megabytes(
        plan.ArenaLength(new(2, canvas.Height, canvas.Width, 0)) - plan.ArenaLength(new(1, canvas.Height, canvas.Width, 0)));

    private void WriteSurface(IndentedWriter w) => w.Line(
        $$"""
        private {{Spec.Name}}(global::{{KnownNames.DetectorOptions}} options)
            : base({{CodeFile.ProgramOf(Spec)}}.Instance, options)
        {
        }

        /// <summary>K, the channels of the classification head: the greatest value of the class enum and one.</summary>
        public const int Classes = {{Spec.Classes}};

        /// <summary>A, the anchors of each cell of the pyramid.</summary>
        public const int AnchorsPerCell = {{Spec.Anchors.PerCell}};

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
            detector.InitializeWeights(seed);
            return detector;
        }

        /// <summary>Makes a detector with the weights of a checkpoint.</summary>
        /// <param name="path">A safetensors file with torchvision's key names.</param>
        /// <param name="options">Device and threads.</param>
        /// <param name="load">How to read the file.</param>
        public static {{Spec.Name}} Load(
            string path, global::{{KnownNames.DetectorOptions}}? options = null, global::{{KnownNames.LoadOptions}}? load = null) =>
            global::{{KnownNames.Detector}}.Loaded(
                new {{Spec.Name}}(options ?? new global::{{KnownNames.DetectorOptions}}()),
                detector => detector.LoadWeights(path, load));

        /// <summary>Makes a detector with the weights of a checkpoint.</summary>
        /// <param name="stream">A safetensors file's content, to its end; stays open.</param>
        /// <param name="options">Device and threads.</param>
        /// <param name="load">How to read it.</param>
        public static {{Spec.Name}} Load(
            global::System.IO.Stream stream, global::{{KnownNames.DetectorOptions}}? options = null,
            global::{{KnownNames.LoadOptions}}? load = null) =>
            global::{{KnownNames.Detector}}.Loaded(
                new {{Spec.Name}}(options ?? new global::{{KnownNames.DetectorOptions}}()),
                detector => detector.LoadWeights(stream, load));

        /// <summary>Makes a detector with the weights of a checkpoint.</summary>
        /// <param name="content">A safetensors file's content.</param>
        /// <param name="options">Device and threads.</param>
        /// <param name="load">How to read it.</param>
        public static {{Spec.Name}} Load(
            global::System.ReadOnlyMemory<byte> content, global::{{KnownNames.DetectorOptions}}? options = null,
            global::{{KnownNames.LoadOptions}}? load = null) =>
            global::{{KnownNames.Detector}}.Loaded(
                new {{Spec.Name}}(options ?? new global::{{KnownNames.DetectorOptions}}()),
                detector => detector.LoadWeights(content, load));
        """);

    private void WriteDescription(IndentedWriter w)
    {
        w.Line(
            $$"""
            /// <summary>Stateless; one serves every session.</summary>
            public static readonly {{CodeFile.ProgramOf(Spec)}} Instance = new();

            private {{CodeFile.ProgramOf(Spec)}}()
            {
            }

            """);
        using (w.Block("public override ModelDescription Description { get; } = new()", "{", "};"))
        {
            WriteDeclaration(w);
            WriteLayout(w);
        }
    }

    private void WriteDeclaration(IndentedWriter w)
    {
        var (pixels, levels) = (Spec.Pixels, model.Inference.Levels);
        w.List("ClassNames = [", Spec.ClassNames.Select(Literal.Of), "],");
        w.Line(
            $"""
            Name = {Literal.Of(Spec.Name.TrimStart('@'))},
            Backbone = {Literal.Of(Spec.Backbone.Name)},
            Preset = {Literal.Of(Spec.Preset)},
            MinLevel = {Spec.Pyramid.MinLevel},
            MaxLevel = {Spec.Pyramid.MaxLevel},
            AnchorsPerCell = {Spec.Anchors.PerCell},
            InputSizes = {Literal.List(Spec.InputSizes.Select(size => $"new(Width: {size.Width}, Height: {size.Height})"))},
            Resize = {(Spec.Resize is { } resize ? $"new(Min: {resize.Min}, Max: {resize.Max}, ResizeRule.{resize.Rule})" : "null")},
            Pixels = new(
                Mean: {Literal.List(pixels.Mean.Select(Literal.Of))}, Std: {Literal.List(pixels.Std.Select(Literal.Of))},
                Bgr: {Literal.Of(pixels.Bgr)}, Scale: {Literal.Of(pixels.Scale)}),
            Anchors = {Literal.List(levels.Select(level => $"Rules.AnchorsP{level.Level}"))},
            PostProcessing = Rules.PostProcessing,
            Matching = Rules.Matching,
            """);
    }

    private void WriteLayout(IndentedWriter w)
    {
        var norms = model.Training.Parameters.OfType<NormWeights>().ToList();
        w.Line(
            $"""
            Tensors = Tensors,
            TrainableLength = {Literal.Of(model.Layout.TrainableLength)},
            ParameterLength = {Literal.Of(model.Layout.Length)},
            StatisticsLength = {Literal.Of(model.Layout.StatisticsLength)},
            FoldedLength = {Literal.Of(model.Layout.FoldedLength)},
            TracksBatches = {Literal.Of(norms.Exists(norm => norm.Kind == NormKind.BatchNorm))},
            FrozenBatchNorm = {Literal.Of(norms.Exists(norm => norm.Kind == NormKind.FrozenBatchNorm))},
            """);
        using (w.Block("Stages =", "[", "],"))
        {
            foreach (var stage in model.Costs)
            {
                w.Line($"new({Literal.Of(stage.Stage)}, Stride: {stage.Output.Stride}, Channels: {stage.Output.Channels}, "
                    + $"Parameters: {Literal.Of(stage.Parameters)}, MacsPerImage: {Literal.Of(stage.Macs)}),");
            }
        }

        using (w.Block("Layers =", "[", "],"))
        {
            foreach (var block in model.Training.Forward.GroupBy(node => node.Block))
            {
                var taps = block.SelectMany(node => node.Outputs)
                    .SelectMany(value => new[] { value.Tap, value.TapAlias }).Where(tap => tap != null).ToList();
                if (taps.Count > 0)
                {
                    w.Line(string.Join(", ", taps.Select(Literal.Of)) + ",");
                }
            }
        }

        w.Line($"Fingerprint = {Literal.Of(Fingerprint.Of(model))},");
        w.Line($"ArchitectureFingerprint = {Literal.Of(Fingerprint.OfArchitecture(model))},");
    }
}
