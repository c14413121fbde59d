using Fovea.Generator.Graph;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Plan.g.cs: the two plans, each with its slots, its handle structs and the handles of every block.</summary>
internal sealed class PlanEmitter(CompiledModel model)
{
    private const string Remarks = "Where the values lie: slots are shared by values that never live at the same time.";

    public GeneratedFile Emit() => CodeFile.OfProgram(model, "Plan", Remarks, w =>
    {
        using (w.Block("public override InferencePlan PlanInference(int images, int height, int width)"))
        {
            w.Line("return new Inference(images, height, width);");
        }

        w.Gap();
        using (w.Block("public override TrainingPlan PlanTraining(int images, int height, int width, int maxBoxes)"))
        {
            w.Line("return new Training(images, height, width, maxBoxes);");
        }

        w.Gap();
        new PlanClassEmitter(model, model.Inference, model.InferencePlan, model.InferenceHandles).Write(w, "Detection");
        w.Gap();
        new PlanClassEmitter(model, model.Training, model.TrainingPlan, model.TrainingHandles).Write(w, "Training", "maxBoxes");
        w.Gap();
        CanvasEmitter.Write(w, model.InferencePlan, model.TrainingPlan);
    });
}

/// <summary>
/// One of the two plans as a class. From an operand, <c>b.Reduced</c>, it is one step to the block's line here,
/// <c>Reduced: c.At4(s.S7, 64)</c>, and one from there to the slot's row.
/// </summary>
internal sealed class PlanClassEmitter(CompiledModel model, ModelGraph graph, MemoryPlan plan, PhaseHandles handles)
{
    private bool HasGradients => handles.Gradients.Blocks.Count > 0;

    /// <param name="arguments">Numbers that the plan needs beside batch size and canvas.</param>
    public void Write(IndentedWriter w, string title, params string[] arguments)
    {
        var (height, width) = (model.Canvas.Height, model.Canvas.Width);
        w.Summary($"{title}: {plan.Summary(height, width).Replace("->", "→")} (one image of {width}×{height}).");
        using (w.Block($"internal sealed class {handles.Plan} : {graph.Head.Plans}{handles.Plan}Plan"))
        {
            WriteFields(w, handles.Activations);
            if (HasGradients)
            {
                w.Gap();
                w.Line("/// <summary>Of the activations of every block that training reaches.</summary>");
                w.Line("public readonly ActivationGradients Gradients;");
            }

            w.Gap();
            WriteConstructor(w, arguments);
            WriteGradients(w);
            WriteStructs(w, handles.Activations);
            WriteStructs(w, handles.Gradients);
            w.Gap();
            new LayoutEmitter(plan).Write(w, arguments.Select(argument => "int " + argument).ToArray());
        }
    }

    /// <summary>The handles of every block, those of one kind together.</summary>
    private static void WriteFields(IndentedWriter w, HandleStructs structs)
    {
        foreach (var kind in structs.Blocks.GroupBy(block => block.Struct))
        {
            w.List($"public readonly {kind.Key.Name} ", kind.Select(block => block.Name), ";");
        }
    }

    private static void WriteStructs(IndentedWriter w, HandleStructs structs)
    {
        w.Gap();
        foreach (var type in structs.Structs)
        {
            w.List($"internal readonly record struct {type.Name}(", type.Fields.Select(field => $"{field.Type} {field.Name}"), ");");
        }
    }

    private void WriteConstructor(IndentedWriter w, string[] arguments)
    {
        w.Line("[global::System.Diagnostics.CodeAnalysis.SetsRequiredMembers]");
        var parameters = string.Concat(arguments.Select(argument => ", int " + argument));
        using (w.Block($"public {handles.Plan}(int images, int height, int width{parameters})"))
        {
            w.Line("var c = new Canvas(images, height, width);");
            w.Line($"var s = new Layout({string.Join(", ", arguments.Prepend("c"))});");
            w.Line("(Images, Height, Width, ArenaLength) = (images, height, width, s.Length);");
            foreach (var result in graph.Results)
            {
                w.Line($"{result.Name} = {LayoutEmitter.Expression(result.Value, plan)};");
            }

            var rules = graph.AllNodes.SelectMany(node => node.Op.Arguments(node)).OfType<Operand.PlanRule>();
            foreach (var rule in rules.Select(operand => operand.Definition).Distinct())
            {
                w.Line($"{rule.Name} = {Operand.Constant.Of(rule).Expression};");
            }

            WriteHandles(w, handles.Activations);
            w.Line(HasGradients ? "Gradients = new(c, s);" : "");
        }
    }

    private void WriteGradients(IndentedWriter w)
    {
        if (!HasGradients)
        {
            return;
        }

        w.Gap();
        using (w.Block("internal sealed class ActivationGradients"))
        {
            WriteFields(w, handles.Gradients);
            w.Gap();
            using (w.Block("internal ActivationGradients(in Canvas c, in Layout s)"))
            {
                WriteHandles(w, handles.Gradients);
            }
        }
    }

    private void WriteHandles(IndentedWriter w, HandleStructs structs)
    {
        foreach (var stage in structs.Blocks.GroupBy(block => block.Block.Stage))
        {
            w.Gap();
            foreach (var block in stage)
            {
                w.List($"{block.Name} = new(", block.Struct.Fields.Select(field => $"{field.Name}: {FieldValue(block, field)}"), ");");
            }
        }
    }

    private string FieldValue(BlockHandles block, HandleField field) =>
        block.ValueOf.TryGetValue(field.Name, out var value) ? LayoutEmitter.Expression(value, plan) : "default";
}
