using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Loss.g.cs: matching, the losses and the gradients where backward starts. The only file that knows α, γ and β.</summary>
internal sealed class LossEmitter(CompiledModel model)
{
    private ModelSpec Spec => model.Spec;

    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Loss", Remarks, w =>
    {
        var phase = new PhaseEmitter(model.Training.Loss, model.TrainingHandles, "Loss", model.Cancellation);
        phase.WriteOutline(w, "Loss", "Training");
        phase.WriteMethods(w);
        w.Gap();
        using (w.Block("private static partial class Rules"))
        {
            WriteRules(w);
        }
    });

    private const string Remarks = "b: anchors, matches, logits, deltas and losses, g: the gradients of logits and deltas.";

    private void WriteRules(IndentedWriter w)
    {
        var (loss, box, matching) = (Spec.ClassificationLoss, Spec.BoxLoss, Spec.Matching);
        w.Line(
            $"""
            public static readonly MatchingRule Matching = new(
                ForegroundIoU: {Literal.Of(matching.ForegroundIoU)}, BackgroundIoU: {Literal.Of(matching.BackgroundIoU)},
                AllowLowQuality: {Literal.Of(matching.AllowLowQuality)}, SkipUncovered: {Literal.Of(matching.SkipUncovered)},
                LossNormalizer.{matching.Normalizer}, NormalizerState: {Literal.Of(model.Layout.NormalizerState)});

            /// <summary>{Describe(loss)}</summary>
            public static readonly FocalRule Focal = new(
                Alpha: {Literal.Of(Alpha(loss))}, Gamma: {Literal.Of(Gamma(loss))},
                Classes: {Literal.Of(Spec.Classes)}, Weight: {Literal.Of(loss.Weight)});

            public static readonly BoxLossRule BoxLoss = new(
                BoxLossKind.{box.Kind}, Beta: {Literal.Of(box.Beta)}, Weight: {Literal.Of(box.Weight)});
            """);
    }

    /// <summary>Cross-entropy is focal loss with γ = 0, and without α unless balanced.</summary>
    private static double Gamma(ClassificationLossSpec loss) => loss.Kind == ClassificationLossKind.Focal ? loss.Gamma : 0;

    private static double Alpha(ClassificationLossSpec loss) => loss.Kind == ClassificationLossKind.CrossEntropy ? -1 : loss.Alpha;

    private static string Describe(ClassificationLossSpec loss) => loss.Kind switch
    {
        ClassificationLossKind.Focal => "Focal loss, arXiv:1708.02002, section 3.2.",
        ClassificationLossKind.CrossEntropy => "Cross-entropy: focal loss with γ = 0, without α.",
        _ => "α-balanced cross-entropy, arXiv:1708.02002, section 3.1: focal loss with γ = 0.",
    };
}
