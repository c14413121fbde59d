using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Loss.g.cs: the losses and the gradients where backward starts. The only file that knows what they are made of.</summary>
internal sealed class LossEmitter(CompiledModel model)
{
    private ModelSpec Spec => model.Spec;

    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Loss", model.Training.Head.LossRemarks, w =>
    {
        var phase = new PhaseEmitter(model.Training.Loss, model.TrainingHandles, "Loss", model.Cancellation);
        phase.WriteOutline(w, "Loss", "Training");
        phase.WriteMethods(w);
        w.Gap();
        model.Constants.WriteRules(w, model.Training.Loss, elsewhere: model.Inference.AllNodes);
    });
}
