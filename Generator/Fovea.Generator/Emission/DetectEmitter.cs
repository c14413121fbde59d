using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Detect.g.cs: anchors, and the way from the pixels to detections with norms folded.</summary>
internal sealed class DetectEmitter(CompiledModel model)
{
    private ModelSpec Spec => model.Spec;

    private const string Remarks = "b: the block's values, p: its parameters, with norms folded in.";

    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Detect", Remarks, w =>
    {
        var phase = new PhaseEmitter(model.Inference.Forward, model.InferenceHandles, "Inference", model.Cancellation);
        phase.WriteOutline(w, "Detect", "Inference");
        phase.WriteMethods(w);
        w.Gap();
        WriteAnchors(w);
        w.Gap();
        model.Constants.WriteRules(w, model.Inference.Setup.Concat(model.Inference.Forward), []);
    });

    private void WriteAnchors(IndentedWriter w)
    {
        using (w.Block("public override void GenerateAnchors<TBackend>(ref TBackend backend, ExecutionPlan plan)"))
        {
            foreach (var node in model.Inference.Setup)
            {
                var arguments = node.Op.Arguments(node).Select(operand => operand switch
                {
                    Operand.Constant constant => constant.Expression,
                    Operand.Handle handle => "plan." + model.Inference.Results.First(result => result.Value == handle.Value).Name,
                    _ => throw new InvalidOperationException($"{node.Op.Name}: no text for operand {operand} before the first session."),
                });
                w.Line($"backend.{node.Op.Method(node)}({string.Join(", ", arguments)});");
            }
        }
    }
}
