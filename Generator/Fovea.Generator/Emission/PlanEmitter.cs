using Fovea.Generator.Graph;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>Plan.g.cs: the two plans, each with its slots, its handle structs and the handles of every block.</summary>
internal sealed class PlanEmitter(CompiledModel model)
{
    private const string Remarks = "Where the values lie: slots are shared by values that never live at the same time.";

    public GeneratedFile Emit() => CodeFile.Program(model.Spec, "Plan", Remarks, w =>
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

/// <summary>One of the two plans as a class.</summary>
internal sealed class PlanClassEmitter(CompiledModel model, ModelGraph graph, MemoryPlan plan, PhaseHandles handles)
{
    private readonly Dictionary<Value, string> expressionOf = [];

    private bool HasGradients => handles.Gradients.Blocks.Count > 0;

    /// <param name="arguments">Numbers that the plan needs beside batch size and canvas.</param>
    public void Write(IndentedWriter w, string title, params string[] arguments)
    {
        var (height, width) = (model.Canvas.Height, model.Canvas.Width);
        w.Line($"/// <summary>{title}: {plan.Summary(height, width).Replace("->", "→")} (one image of {width}×{height}).</summary>");
        using (w.Block($"internal sealed class {handles.Plan} : {handles.Plan}Plan"))
        {
            WriteConstructor(w, arguments);
            WriteProperties(w);
            WritePlacement(w);
            WriteStructs(w, handles.Activations);
            WriteStructs(w, handles.Gradients);
            WriteGradientHandles(w);
            w.Gap();
            new LayoutEmitter(plan).Write(w, arguments.Select(argument => "int " + argument).ToArray());
        }
    }

    private static string StageOf(Block block) => Names.Pascal(block.Stage.Length == 0 ? block.Name : block.Stage);

    private static void WriteStructs(IndentedWriter w, HandleStructs structs)
    {
        foreach (var type in structs.Structs)
        {
            w.Gap();
            w.List($"internal readonly record struct {type.Name}(", type.Fields.Select(field => $"{field.Type} {field.Name}"), ");");
        }
    }

    private void WriteConstructor(IndentedWriter w, string[] arguments)
    {
        w.Line("[System.Diagnostics.CodeAnalysis.SetsRequiredMembers]");
        var parameters = string.Concat(arguments.Select(argument => ", int " + argument));
        using (w.Block($"public {handles.Plan}(int images, int height, int width{parameters})"))
        {
            w.Line("var c = new Canvas(images, height, width);");
            w.Line($"var s = new Layout({string.Join(", ", arguments.Prepend("c"))});");
            w.Line("(Images, Height, Width, ArenaLength) = (images, height, width, s.Length);");
            foreach (var stage in handles.Activations.Blocks.Select(block => StageOf(block.Block)).Distinct())
            {
                w.Line($"Place{stage}(c, s);");
            }

            if (HasGradients)
            {
                foreach (var stage in handles.Gradients.Blocks.Select(block => StageOf(block.Block)).Distinct())
                {
                    w.Line($"Place{stage}Gradients(c, s);");
                }
            }

            w.Gap();
            RememberExpressions();
            foreach (var (name, isList, values) in Results())
            {
                w.List(isList ? $"{name} = [" : $"{name} = ", values, isList ? "];" : ";");
            }
        }
    }

    /// <summary>What sessions read of any plan: the members of the runtime's base classes.</summary>
    private IEnumerable<(string Name, bool IsList, List<string> Values)> Results()
    {
        yield return ("Input", false, One(graph.Sources.First(value => value.Kind == ValueKind.Input)));
        yield return ("Logits", true, List(level => level.Logits));
        yield return ("Deltas", true, List(level => level.Deltas));
        yield return ("Anchors", true, List(level => level.Anchors!));
        if (graph.Candidates != null)
        {
            yield return ("Candidates", false, One(graph.Candidates));
            yield return ("Detections", false, One(graph.Detections!));
            yield return ("PostProcessing", false, ["Rules.PostProcessing"]);
        }

        if (graph.Loss.Count > 0)
        {
            yield return ("Truth", false, One(graph.Sources.First(value => value.Kind == ValueKind.GroundTruth)));
            yield return ("Matches", true, List(level => level.Matches!));
            yield return ("ClassificationLoss", true, List(level => level.ClassificationLoss!));
            yield return ("BoxLoss", true, List(level => level.BoxLoss!));
            if (graph.Backward.SelectMany(node => node.Outputs).LastOrDefault(value => value.Of?.Kind == ValueKind.Input) is { } gradient)
            {
                yield return ("InputGradient", false, One(gradient));
            }
        }

        List<string> One(Value value) => [Expression(value)];

        List<string> List(Func<LevelOutput, Value> select) => graph.Levels.Select(level => Expression(select(level))).ToList();
    }

    /// <summary>A value's handle is made once, by the first struct that names it; the others copy it from there.</summary>
    private void RememberExpressions()
    {
        Remember(handles.Activations, "");
        Remember(handles.Gradients, "Gradients.");

        void Remember(HandleStructs structs, string prefix)
        {
            foreach (var block in structs.Blocks)
            {
                foreach (var pair in block.FieldOf)
                {
                    if (plan.SlotOf(pair.Key) != null && !expressionOf.ContainsKey(pair.Key))
                    {
                        expressionOf.Add(pair.Key, $"{prefix}{block.Name}.{pair.Value}");
                    }
                }
            }
        }
    }

    private string Expression(Value value) =>
        expressionOf.TryGetValue(value, out var expression) ? expression : LayoutEmitter.Expression(value, plan);

    private void WriteProperties(IndentedWriter w)
    {
        w.Gap();
        foreach (var block in handles.Activations.Blocks)
        {
            w.Line($"public {block.Struct.Name} {block.Name} {{ get; private set; }}");
        }

        if (HasGradients)
        {
            w.Gap();
            w.Line("/// <summary>Of the activations of every block that training reaches.</summary>");
            w.Line("public ActivationGradients Gradients { get; } = new();");
        }
    }

    private void WritePlacement(IndentedWriter w)
    {
        var made = new HashSet<Value>();
        WritePlacement(w, handles.Activations, "", "", made);
        WritePlacement(w, handles.Gradients, "Gradients", "Gradients.", made);
    }

    private void WritePlacement(IndentedWriter w, HandleStructs structs, string suffix, string prefix, HashSet<Value> made)
    {
        foreach (var stage in structs.Blocks.GroupBy(block => StageOf(block.Block)))
        {
            w.Gap();
            using (w.Block($"private void Place{stage.Key}{suffix}(in Canvas c, in Layout s)"))
            {
                foreach (var block in stage)
                {
                    w.Line($"{prefix}{block.Name} = new(");
                    using (w.Indent())
                    {
                        var width = block.Struct.Fields.Max(field => field.Name.Length) + 1;
                        w.Line(string.Join(",\n", block.Struct.Fields.Select(
                            field => (field.Name + ":").PadRight(width) + " " + FieldValue(block, field, made))) + ");");
                    }
                }
            }
        }
    }

    private string FieldValue(BlockHandles block, HandleField field, HashSet<Value> made)
    {
        if (!block.ValueOf.TryGetValue(field.Name, out var value))
        {
            return "default";
        }

        var aliases = block.FieldOf.Where(pair => pair.Value == field.Name).Select(pair => pair.Key).ToList();
        var isFirst = !aliases.Exists(made.Contains);
        var source = isFirst ? value : aliases.First(made.Contains);
        made.UnionWith(aliases);
        return isFirst ? LayoutEmitter.Expression(value, plan) : Expression(source);
    }

    private void WriteGradientHandles(IndentedWriter w)
    {
        if (!HasGradients)
        {
            return;
        }

        w.Gap();
        using (w.Block("internal sealed class ActivationGradients"))
        {
            foreach (var block in handles.Gradients.Blocks)
            {
                w.Line($"public {block.Struct.Name} {block.Name} {{ get; set; }}");
            }
        }
    }
}
