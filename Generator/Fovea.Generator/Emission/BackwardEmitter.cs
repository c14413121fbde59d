using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Backward.g.cs: forward upside down, from the gradients of logits and deltas to those of the parameters.</summary>
internal sealed class BackwardEmitter(CompiledModel model)
{
    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Backward", Remarks, w =>
    {
        var phase = new PhaseEmitter(model.Training.Backward, model.TrainingHandles, "Backward", model.Cancellation);
        phase.WriteOutline(w, "Backward", "Training");
        phase.WriteMethods(w);
    });

    private const string Remarks =
        "b: the block's values, g: their gradients, p: its parameters (w: as stored, where p is folded), d: the parameters' gradients.";
}
