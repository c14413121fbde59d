using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Parameters.g.cs: handles to weights, norms and their gradients, the table of stored tensors, and folding.</summary>
internal sealed class ParametersEmitter(CompiledModel model)
{
    public GeneratedFile Emit() => CodeFile.Program(model.Spec, "Parameters", Remarks, w =>
    {
        foreach (var type in model.Parameters.Structs)
        {
            WriteTypes(w, type);
        }

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
        w.Gap();
        w.List($"internal readonly record struct {type.Stored}(", Fields(type.Fields, "Parameters"), ");");
        if (type.HasFolded)
        {
            w.Gap();
            w.List($"internal readonly record struct {type.Folded}(", Fields(type.FoldedFields, "Parameters"), ");");
        }

        if (type.HasGradients)
        {
            w.Gap();
            w.List($"internal readonly record struct {type.Gradients}(", Fields(type.GradientFields, "Gradients"), ")");
            using (w.Block())
            {
                w.Line("/// <summary>The same places, to be added to.</summary>");
                var fields = type.GradientFields.Select(field => field.Role + ".Accumulating");
                w.List($"public {type.Gradients} Accumulating => new(", fields, ");");
            }
        }
    }

    private static void WriteInstance(IndentedWriter w, string type, string name, IReadOnlyList<string> arguments)
    {
        w.Gap();
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
        w.Line($"/// <summary>As stored: {learned} learned elements in the order in which backward finishes them, then the frozen ones.</summary>");
        using (w.Block("private static class Parameters"))
        {
            foreach (var (block, parameterOf) in model.Parameters.Owners)
            {
                var type = model.Parameters.Of(block);
                WriteInstance(w, type.Stored, model.Parameters.NameOf(block), type.Fields
                    .Where(field => parameterOf.ContainsKey(field.Role))
                    .Select(field => $"{field.Role}: {Stored(parameterOf[field.Role])}").ToList());
            }
        }
    }

    private string Stored(Parameter parameter) => Handle(parameter, folded: false);

    private string Handle(Parameter parameter, bool folded) =>
        model.Constants.Text(parameter.Handle(model.Layout[parameter], model.Layout.UseOf(parameter), folded));

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
                WriteInstance(w, type.Folded, model.Parameters.NameOf(block), type.FoldedFields
                    .Where(field => parameterOf.ContainsKey(field.Role))
                    .Select(field => $"{field.Role}: {FoldedOrStored(parameterOf[field.Role])}").ToList());
            }
        }
    }

    private string FoldedOrStored(Parameter parameter) => Handle(parameter, model.Layout.IsFolded(parameter));

    private void WriteGradients(IndentedWriter w)
    {
        w.Gap();
        w.Line("/// <summary>Elements of the gradient buffer, at the same offsets as the parameters; −1: none is wanted.</summary>");
        using (w.Block("private static class Gradients"))
        {
            foreach (var (block, parameterOf) in model.Parameters.Owners)
            {
                var type = model.Parameters.Of(block);
                var trained = type.GradientFields
                    .Where(field => parameterOf.TryGetValue(field.Role, out var own) && model.Parameters.Trained.Contains(own.Key)).ToList();
                if (trained.Count > 0)
                {
                    w.List($"public static readonly {type.Gradients} {model.Parameters.NameOf(block)} = new(",
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
        var nodes = model.Inference.Fold.Concat(model.Training.Fold.Where(OnlyInTraining)).ToList();
        if (nodes.Count == 0)
        {
            using (w.Block("public override void Fold<TBackend>(ref TBackend backend)"))
            {
                w.Line("// No norm of this model can be folded.");
            }

            return;
        }

        var phase = new PhaseEmitter(nodes, model.InferenceHandles, "Fold");
        phase.WriteOutline(w, "Fold", null);
        phase.WriteMethods(w);
    }

    private bool OnlyInTraining(Node node) => !model.Inference.Fold.Exists(other => other.Parameters[0].Key == node.Parameters[0].Key);

    private void WriteTensors(IndentedWriter w)
    {
        w.Gap();
        w.Line("/// <summary>Every stored tensor, in torchvision's state_dict order.</summary>");

        // No field: whether another file's Instance is made before or after it would depend on the order of the files.
        using (w.Block("private static TensorInfo[] Tensors =>", "[", "];"))
        {
            foreach (var parameter in model.Training.Parameters)
            {
                foreach (var tensor in parameter.Tensors(model.Layout[parameter]))
                {
                    w.Line(Tensor(parameter, tensor));
                }
            }
        }
    }

    private static string Tensor(Parameter parameter, StoredTensor tensor)
    {
        var storage = tensor.InStatistics ? "Statistics" : parameter.Frozen ? "Frozen" : "Trainable";
        return $"new({Literal.Of(parameter.Key + "." + tensor.Name)}, TensorRole.{tensor.Role}, TensorStorage.{storage}, {Literal.Of(tensor.Offset)}, "
            + $"{Literal.List(tensor.Shape.Select(Literal.Of))}, Initializer.{tensor.Initializer}, {Literal.Of(tensor.Value)}),";
    }
}
