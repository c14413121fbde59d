using Fovea.Generator.Graph;

namespace Fovea.Generator.Emission;

/// <summary>
/// Emits one phase (forward, backward, detection, folding): an outline with one call for each block, and one method for each distinct
/// body.
/// </summary>
internal sealed class PhaseEmitter
{
    /// <summary>An outline with more calls is divided into one method for each stage.</summary>
    private const int OutlineLimit = 12;

    private readonly string suffix;
    private readonly PhaseHandles handles;
    private readonly List<BlockCall> calls = [];
    private readonly List<BlockMethod> methods = [];
    private readonly Dictionary<string, BlockMethod> methodOf = [];

    /// <param name="suffix">Ends the methods' names: "", Backward, Inference, Fold.</param>
    public PhaseEmitter(IEnumerable<Node> graph, PhaseHandles handles, string suffix, CancellationToken cancellation)
    {
        this.suffix = suffix;
        this.handles = handles;
        var nodes = graph.Where(node => node.Op.HasCode).ToList();
        for (var first = 0; first < nodes.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var end = first + 1;
            while (end < nodes.Count && nodes[end].Block == nodes[first].Block)
            {
                end++;
            }

            Add(new BlockCall(nodes[first].Block, nodes.GetRange(first, end - first), handles));
            first = end;
        }

        NameMethods();
    }

    /// <summary>Writes the overriding method, and those of its stages where it has too many calls.</summary>
    /// <param name="plan">The generated plan that it runs on; null: none.</param>
    /// <param name="before">A statement that comes first.</param>
    public void WriteOutline(IndentedWriter w, string name, string? plan, string before = "")
    {
        var stages = Stages();
        using (w.Block($"public override void {name}<TBackend>(ref TBackend backend{(plan == null ? "" : $", {plan}Plan plan")})"))
        {
            w.Line(before);
            w.Line(plan == null ? "" : $"var v = ({plan})plan;");
            if (calls.Count == 1)
            {
                WriteInline(w, calls[0]);
            }
            else if (calls.Count <= OutlineLimit)
            {
                w.Line(GradientsLocal(calls));
                WriteCalls(w, calls);
            }
            else
            {
                WriteStageCalls(w, stages, plan);
            }
        }

        if (calls.Count > OutlineLimit)
        {
            foreach (var stage in stages.Where(stage => stage.Count > 1))
            {
                w.Gap();
                using (WriteHeader(w, StageMethod(stage), plan == null ? [] : [$"{plan} v"]))
                {
                    w.Line(GradientsLocal(stage));
                    WriteCalls(w, stage);
                }
            }
        }
    }

    /// <summary>Writes one method for each distinct body.</summary>
    public void WriteMethods(IndentedWriter w)
    {
        if (calls.Count == 1)
        {
            return;
        }

        foreach (var method in methods)
        {
            w.Gap();
            w.Summary(method.Describe());
            using (WriteHeader(w, method.Name, method.Calls[0].Signature))
            {
                w.Aligned(method.Lines());
            }
        }
    }

    private static IndentedWriter.Scope WriteHeader(IndentedWriter w, string name, IEnumerable<string> parameters)
    {
        w.List($"private static void {name}<TBackend>(", parameters.Prepend("ref TBackend backend"), ")");
        return w.Block("    where TBackend : struct, IBackend");
    }

    private static string GradientsLocal(IEnumerable<BlockCall> calls) =>
        calls.Any(call => call.UsesGradients) ? "var g = v.Gradients;" : "";

    private static string StageOf(BlockCall call) => call.Block.Stage.Length == 0 ? call.Block.Name : call.Block.Stage;

    private void WriteInline(IndentedWriter w, BlockCall call)
    {
        foreach (var local in call.Locals)
        {
            w.Line(local.Replace(" = g.", " = v.Gradients."));
        }

        w.Gap();
        w.Aligned(methodOf[call.Key].Lines());
    }

    private void WriteStageCalls(IndentedWriter w, List<List<BlockCall>> stages, string? plan)
    {
        w.Line(GradientsLocal(stages.Where(stage => stage.Count == 1).SelectMany(stage => stage)));
        var calls = stages.Select(stage => stage.Count == 1 ? Lines(stage)
            : [new CodeLine($"{StageMethod(stage)}(ref backend{(plan == null ? "" : ", v")});", $"{Literal.Of(stage.Count)} blocks")]);
        w.Aligned([.. calls.SelectMany(lines => lines)]);
    }

    /// <summary>A line for each block with what it is behind it, or above it where that would be too wide; then its taps.</summary>
    private void WriteCalls(IndentedWriter w, IReadOnlyList<BlockCall> group)
    {
        var lines = Lines(group).ToList();
        if (w.Fits(lines))
        {
            w.Aligned(lines);
            return;
        }

        var titleWidth = group.Max(call => TitleOf(call).Length);
        foreach (var call in group)
        {
            var (title, shape) = (TitleOf(call), ShapeOf(call));
            w.Gap();
            w.Line("// " + (shape.Length == 0 ? title : $"{title.PadRight(titleWidth)}   {shape}"));
            w.List(methodOf[call.Key].Name + "(", call.CallArguments.Prepend("ref backend"), ");");
            foreach (var tap in TapsOf(call))
            {
                w.Line(tap.Code);
            }
        }
    }

    private IEnumerable<CodeLine> Lines(IEnumerable<BlockCall> group) => group.SelectMany(call => TapsOf(call).Prepend(CodeOf(call)));

    private CodeLine CodeOf(BlockCall call)
    {
        var arguments = string.Join(", ", call.CallArguments.Prepend("ref backend"));
        return new($"{methodOf[call.Key].Name}({arguments});", call.Block.Title, ShapeOf(call));
    }

    private static string TitleOf(BlockCall call) => $"{call.Block.Name}: {call.Block.Title}";

    private string ShapeOf(BlockCall call) => handles.ResultOf(call.Block)?.Shape.ToString() ?? "";

    private static IEnumerable<CodeLine> TapsOf(BlockCall call) =>
        from value in call.Tapped
        let handle = $"v.{Names.Pascal(call.Block.Name)}.{call.Block.RoleOf(value)}"
        from tap in value.Taps
        let level = value.Shape.IsRange ? $"[{Literal.Of(tap.Level)}]" : ""
        select new CodeLine($"backend.Tap({Literal.Of(tap.Name)}, {handle}{level});");

    private List<List<BlockCall>> Stages()
    {
        var stages = new List<List<BlockCall>>();
        foreach (var call in calls)
        {
            if (stages.Count == 0 || StageOf(stages[stages.Count - 1][0]) != StageOf(call))
            {
                stages.Add([]);
            }

            stages[stages.Count - 1].Add(call);
        }

        return stages;
    }

    private string StageMethod(List<BlockCall> stage) => Names.Pascal(StageOf(stage[0])) + (suffix.Length == 0 ? "Forward" : suffix);

    private void Add(BlockCall call)
    {
        calls.Add(call);
        if (methodOf.TryGetValue(call.Key, out var method))
        {
            method.Calls.Add(call);
        }
        else
        {
            methods.Add(methodOf[call.Key] = new BlockMethod(call));
        }
    }

    /// <summary>
    /// The kind alone for what most blocks of a kind do; the others by what they have more or less: LateralWithAccumulate,
    /// BottleneckWithoutInputGradient.
    /// </summary>
    private void NameMethods()
    {
        foreach (var kind in methods.GroupBy(method => method.Kind))
        {
            var most = kind.OrderByDescending(method => method.Calls.Count).First();
            var others = kind.Where(method => method != most)
                .Select(method => (Method: method, Own: method.DifferencesTo(most).ToList())).ToList();
            most.Name = kind.Key + suffix;
            foreach (var (method, own) in others)
            {
                var telling = own.Find(difference => others.Count(other => other.Own.Contains(difference)) == 1) ?? string.Concat(own);
                var twins = others.TakeWhile(other => other.Method != method).Count(other => other.Own.SequenceEqual(own));
                var number = telling.Length == 0 || twins > 0 ? "Variant" + Literal.Of(twins + 2) : "";
                method.Name = kind.Key + telling + number + suffix;
            }
        }
    }
}
