using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Forward.g.cs: a training step's way from the pixels to logits and deltas.</summary>
internal sealed class ForwardEmitter(CompiledModel model)
{
    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Forward", "b: the block's values, p: its parameters.", w =>
    {
        var phase = new PhaseEmitter(model.Training.Forward, model.TrainingHandles, "", model.Cancellation);

        // Training moves the weights before every step: what is derived from them must follow.
        phase.WriteOutline(w, "Forward", "Training", before: model.Training.Fold.Count > 0 ? "Fold(ref backend);" : "");
        phase.WriteMethods(w);
    });
}
