using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Detect.g.cs: anchors, and the way from the pixels to detections with norms folded.</summary>
internal sealed class DetectEmitter(CompiledModel model)
{
    private ModelSpec Spec => model.Spec;

    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Detect", "b: the block's values, p: its parameters, with norms folded in.", w =>
    {
        var phase = new PhaseEmitter(model.Inference.Forward, model.InferenceHandles, "Inference", model.Cancellation);
        phase.WriteOutline(w, "Detect", "Inference");
        phase.WriteMethods(w);
        w.Gap();
        WriteAnchors(w);
        w.Gap();
        using (w.Block("private static partial class Rules"))
        {
            WriteRules(w);
        }
    });

    /// <summary>
    /// The sizes of a level's anchors, in pixels. Source: torchvision/models/detection/retinanet.py (truncated); arXiv:1708.02002,
    /// section 4 (2^(i/n)).
    /// </summary>
    internal static IEnumerable<float> Sizes(AnchorSpec anchors, int level)
    {
        for (var i = 0; i < anchors.ScalesPerOctave; i++)
        {
            var size = anchors.BaseSize * (1 << level) * Math.Pow(2, (double)i / anchors.ScalesPerOctave);
            yield return (float)(anchors.Rounding == AnchorRounding.TorchVision ? Math.Truncate(size) : size);
        }
    }

    private void WriteAnchors(IndentedWriter w)
    {
        using (w.Block("public override void GenerateAnchors<TBackend>(ref TBackend backend, ExecutionPlan plan)"))
        {
            foreach (var node in model.Inference.Setup)
            {
                var arguments = node.Op.Arguments(node).Select(operand => operand switch
                {
                    Operand.Constant constant => constant.Expression,
                    Operand.Handle handle => $"plan.Anchors[{Literal.Of(LevelOf(handle.Value))}]",
                    _ => throw new InvalidOperationException($"{node.Op.Name}: no text for operand {operand} before the first session."),
                });
                w.Line($"backend.{node.Op.Method(node)}({string.Join(", ", arguments)});");
            }
        }
    }

    private int LevelOf(Value anchors) => model.Inference.Levels.FindIndex(level => level.Anchors == anchors);

    private void WriteRules(IndentedWriter w)
    {
        var (anchors, post) = (Spec.Anchors, Spec.PostProcessing);
        var isRounded = anchors.Rounding == AnchorRounding.TorchVision;
        foreach (var level in model.Inference.Levels)
        {
            var stride = anchors.Strides == AnchorStrides.PowerOfTwo ? 1 << level.Level : 0;
            w.Gap();
            w.Line(
                $"""
                public static readonly AnchorLevel AnchorsP{level.Level} = new(
                    Sizes: {Literal.List(Sizes(anchors, level.Level).Select(Literal.Of))},
                    Ratios: {Literal.List(anchors.Ratios.Select(Literal.Of))},
                    Stride: {stride}, Rounded: {Literal.Of(isRounded)}, SizeMajor: {Literal.Of(anchors.SizeMajor)});
                """);
        }

        w.Gap();
        w.Line(
            $"""
            public static readonly PostProcessingRule PostProcessing = new(
                Classes: {Spec.Classes}, ScoreThreshold: {Literal.Of(post.ScoreThreshold)}, TopK: {post.TopK},
                NmsIoU: {Literal.Of(post.NmsIoU)}, MaxDetections: {post.MaxDetections});
            """);
    }
}
