using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Description.g.cs: the program's one instance, and what the runtime knows of the model.</summary>
internal sealed class DescriptionEmitter(CompiledModel model)
{
    private ModelSpec Spec => model.Spec;

    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Description", $"The network of <see cref=\"{Detector}\"/>.", w =>
    {
        w.Line(
            $$"""
            /// <summary>Stateless; one serves every session.</summary>
            public static readonly {{CodeFile.Program}} Instance = new();

            private {{CodeFile.Program}}()
            {
            }

            """);
        using (w.Block("public override global::Fovea.ModelDescription Description { get; } = new()", "{", "};"))
        {
            WriteDeclaration(w);
            WriteLayout(w);
        }

        WriteRules(w);
    });

    private string Detector => "global::" + (Spec.Namespace == null ? "" : Spec.Namespace + ".") + Spec.Name;

    private void WriteDeclaration(IndentedWriter w)
    {
        var pixels = Spec.Pixels;
        w.List("ClassNames = [", Spec.ClassNames.Select(Literal.Of), "],");
        w.Line(
            $"""
            Name = {Literal.Of(Spec.Name.TrimStart('@'))},
            Backbone = {Literal.Of(Spec.Backbone.Name)},
            Preset = {Literal.Of(Spec.Preset)},
            MinLevel = {Spec.Pyramid.MinLevel},
            MaxLevel = {Spec.Pyramid.MaxLevel},
            AnchorsPerCell = {Spec.Head.AnchorsPerCell},
            InputSizes = {Literal.List(Spec.InputSizes.Select(size => $"new(Width: {size.Width}, Height: {size.Height})"))},
            Resize = {(Spec.Resize is { } resize ? $"new(Min: {resize.Min}, Max: {resize.Max}, global::Fovea.ResizeRule.{resize.Rule})" : "null")},
            Pixels = new(
                Mean: {Literal.List(pixels.Mean.Select(Literal.Of))}, Std: {Literal.List(pixels.Std.Select(Literal.Of))},
                Bgr: {Literal.Of(pixels.Bgr)}, Scale: {Literal.Of(pixels.Scale)}),
            """);
        foreach (var (member, rule) in model.Training.Head.Description)
        {
            w.Line($"{member} = {Operand.Constant.Of(rule).Expression},");
        }
    }

    /// <summary>Rules that are shown and that no operator takes.</summary>
    private void WriteRules(IndentedWriter w)
    {
        var nodes = model.Inference.AllNodes.Concat(model.Training.AllNodes);
        var taken = new HashSet<string>(nodes.SelectMany(CodeValues.RulesOf).Select(rule => rule.Name));
        var shown = model.Training.Head.Description.Select(item => item.Rule).Where(rule => !taken.Contains(rule.Name)).ToList();
        if (shown.Count > 0)
        {
            w.Gap();
            model.Constants.WriteRules(w, shown);
        }
    }

    private void WriteLayout(IndentedWriter w)
    {
        var parameters = model.Training.Parameters;
        w.Line(
            $"""
            Tensors = Tensors,
            ClassLayer = {Literal.Of(model.Training.Head.ClassLayer)},
            TrainableLength = {Literal.Of(model.Layout.TrainableLength)},
            ParameterLength = {Literal.Of(model.Layout.Length)},
            StatisticsLength = {Literal.Of(model.Layout.StatisticsLength)},
            FoldedLength = {Literal.Of(model.Layout.FoldedLength)},
            TracksBatches = {Literal.Of(parameters.Exists(parameter => parameter.TracksBatches))},
            FrozenBatchNorm = {Literal.Of(parameters.Exists(parameter => parameter.IsBuffer))},
            """);
        using (w.Block("Stages =", "[", "],"))
        {
            foreach (var stage in model.Costs)
            {
                w.Line($"new({Literal.Of(stage.Stage)}, Stride: {stage.Outputs.Min(output => output.Stride)}, "
                    + $"Channels: {stage.Outputs.Sum(output => output.Channels)}, "
                    + $"Parameters: {Literal.Of(stage.Parameters)}, MacsPerImage: {Literal.Of(stage.Macs)}),");
            }
        }

        using (w.Block("Layers =", "[", "],"))
        {
            foreach (var block in model.Training.Forward.GroupBy(node => node.Block))
            {
                var taps = block.SelectMany(node => node.Outputs)
                    .SelectMany(value => value.Taps.Select(tap => tap.Name)).ToList();
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
