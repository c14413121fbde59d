using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Parameters.g.cs: handles to weights, norms and their gradients, the table of stored tensors, and folding.</summary>
internal sealed class ParametersEmitter(CompiledModel model)
{
    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Parameters", Remarks, w =>
    {
        model.Parameters.Structs.ForEach(type => WriteTypes(w, type));

        WriteStored(w);
        WriteFolded(w);
        WriteGradients(w);
        WriteFold(w);
        WriteTensors(w);
    });

    private const string Remarks = "Where the parameters lie: offsets are elements of the model's buffers.";

    private static string TypeOf(Parameter parameter, string ending) => parameter.HandlePrefix + ending;

    private static IEnumerable<string> Fields(IEnumerable<Parameter> fields, string ending) =>
        fields.Select(field => $"{TypeOf(field, ending)} {field.Role}");

    private static void WriteTypes(IndentedWriter w, ParameterStruct type)
    {
        w.List($"internal readonly record struct {type.Stored}(", Fields(type.Fields, "Parameters"), ");");
        if (type.HasFolded)
        {
            w.List($"internal readonly record struct {type.Folded}(", Fields(type.FoldedFields, "Parameters"), ");");
        }

        if (!type.HasGradients)
        {
            return;
        }

        var fields = Fields(type.GradientFields, "Gradients");
        if (!type.IsAccumulated)
        {
            w.List($"internal readonly record struct {type.Gradients}(", fields, ");");
            return;
        }

        w.List($"internal readonly record struct {type.Gradients}(", fields, ")");
        using (w.Block())
        {
            w.Line("/// <summary>The same places, to be added to.</summary>");
            var accumulating = type.GradientFields.Select(field => field.Role + ".Accumulating");
            w.List($"public {type.Gradients} Accumulating => new(", accumulating, ");");
        }
    }

    private static void WriteInstance(IndentedWriter w, string type, string name, IEnumerable<string> arguments)
    {
        w.Line($"public static readonly {type} {name} = new(");
        using (w.Indent())
        {
            w.Line(string.Join(",\n", arguments) + ");");
        }
    }

    private void WriteStored(IndentedWriter w)
    {
        w.Gap();
        var learned = Literal.Grouped(model.Layout.TrainableLength);
        w.Summary($"As stored: {learned} learned elements in the order in which backward finishes them, then the frozen ones.");
        using (w.Block("private static class Parameters"))
        {
            foreach (var (block, parameterOf) in model.Parameters.Owners)
            {
                var type = model.Parameters.Of(block);
                WriteInstance(w, type.Stored, ParameterStructs.NameOf(block), type.Fields
                    .Where(field => parameterOf.ContainsKey(field.Role))
                    .Select(field => $"{field.Role}: {Stored(parameterOf[field.Role])}"));
            }

            WriteMakers(w);
        }
    }

    /// <summary>What the lines call, so that they say no more than they must.</summary>
    private void WriteMakers(IndentedWriter w)
    {
        foreach (var maker in model.Training.Parameters.Select(parameter => parameter.Maker).Distinct())
        {
            w.Gap();
            w.Line(maker);
        }
    }

    private string Stored(Parameter parameter) =>
        model.Constants.Text(parameter.Handle(model.Layout[parameter], model.Layout.UseOf(parameter)));

    private void WriteFolded(IndentedWriter w)
    {
        if (!model.Parameters.Structs.Exists(type => type.HasFolded))
        {
            return;
        }

        w.Gap();
        w.Line("/// <summary>With norms folded in: w·γ/√(σ² + ε), and the bias that makes up for β and μ.</summary>");
        using (w.Block("private static class Folded"))
        {
            foreach (var (block, parameterOf) in model.Parameters.Owners.Where(owner => model.Parameters.Of(owner.Block).HasFolded))
            {
                var type = model.Parameters.Of(block);
                var name = ParameterStructs.NameOf(block);
                w.List($"public static readonly {type.Folded} {name} = new(", type.FoldedFields
                    .Where(field => parameterOf.ContainsKey(field.Role))
                    .Select(field => $"{field.Role}: {FoldedOrStored(parameterOf[field.Role], $"Parameters.{name}.{field.Role}")}"), ");");
            }

            w.Gap();
            w.Line(
                """
                private static ConvParameters At(ConvParameters stored, int weight, int bias) =>
                    stored with { Storage = ParameterStorage.Folded, Weight = weight, Bias = bias };
                """);
        }
    }

    private string FoldedOrStored(Parameter parameter, string stored) => model.Layout[parameter] is { FoldedWeight: >= 0 } place
        ? $"At({stored}, {Literal.Of(place.FoldedWeight)}, {Literal.Of(place.FoldedBias)})"
        : stored;

    private void WriteGradients(IndentedWriter w)
    {
        w.Gap();
        w.Summary("Elements of the gradient buffer, at the same offsets as the parameters; −1: none is wanted.");
        using (w.Block("private static class Gradients"))
        {
            foreach (var (block, parameterOf) in model.Parameters.Owners)
            {
                var type = model.Parameters.Of(block);
                var trained = type.GradientFields
                    .Where(field => parameterOf.TryGetValue(field.Role, out var own) && model.Parameters.Trained.Contains(own.Key))
                    .ToList();
                if (trained.Count > 0)
                {
                    w.List($"public static readonly {type.Gradients} {ParameterStructs.NameOf(block)} = new(",
                        trained.Select(field => $"{field.Role}: {Gradient(parameterOf[field.Role])}"), ");");
                }
            }
        }
    }

    private string Gradient(Parameter parameter) =>
        $"new({Literal.Of(model.Layout[parameter].Main)}, {Literal.Of(model.Layout.SecondGradient(parameter))})";

    private void WriteFold(IndentedWriter w)
    {
        w.Gap();
        w.Line("/// <inheritdoc/>");
        var inference = new HashSet<string>(model.Inference.Fold.Select(node => node.Parameters[0].Key));
        var onlyInTraining = model.Training.Fold.Where(node => !inference.Contains(node.Parameters[0].Key));
        var nodes = model.Inference.Fold.Concat(onlyInTraining).ToList();
        if (nodes.Count == 0)
        {
            using (w.Block("public override void Fold<TBackend>(ref TBackend backend)"))
            {
                w.Line("// No norm of this model can be folded.");
            }

            return;
        }

        var phase = new PhaseEmitter(nodes, model.InferenceHandles, "Fold", model.Cancellation);
        phase.WriteOutline(w, "Fold", null);
        phase.WriteMethods(w);
    }

    private void WriteTensors(IndentedWriter w)
    {
        w.Gap();
        w.Line("/// <summary>Every stored tensor, in torchvision's state_dict order.</summary>");

        // No field: whether another file's Instance is made before or after it would depend on the order of the files.
        using (w.Block("private static global::Fovea.TensorInfo[] Tensors =>", "[", "];"))
        {
            foreach (var parameter in model.Training.Parameters)
            {
                var handle = $"Parameters.{ParameterStructs.NameOf(parameter.Block)}.{parameter.Role}";
                var storage = "TensorStorage." + (parameter.Frozen ? "Frozen" : "Trainable");
                var values = model.Constants.Arguments(parameter.FirstValues);
                w.List($".. TensorRows.{TypeOf(parameter, "")}(", [Literal.Of(parameter.Key), handle, storage, .. values], "),");
            }
        }
    }
}
