using Fovea.Generator.Graph;

namespace Fovea.Generator.Emission;

/// <summary>A generated method: the lines of all blocks of one shape.</summary>
internal sealed class BlockMethod(BlockCall first)
{
    public string Name { get; set; } = "";

    public List<BlockCall> Calls { get; } = [first];

    /// <summary>Whether its blocks lie on different levels, so that shapes are relative.</summary>
    public bool IsRelative => Calls.Exists(call => call.Base != Calls[0].Base);
}

/// <summary>
/// Emits one phase (forward, backward, detection, folding): an outline with one call for each block, and one method for each distinct
/// shape of block.
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
    public PhaseEmitter(IEnumerable<Node> graph, PhaseHandles handles, string suffix)
    {
        this.suffix = suffix;
        this.handles = handles;
        var nodes = graph.Where(node => node.Op.HasCode).ToList();
        for (var first = 0; first < nodes.Count;)
        {
            var run = nodes.Skip(first).TakeWhile(node => node.Block == nodes[first].Block).ToList();
            calls.Add(new BlockCall(nodes[first].Block, run, handles));
            first += run.Count;
        }

        foreach (var call in calls)
        {
            if (methodOf.TryGetValue(call.Key, out var method))
            {
                method.Calls.Add(call);
            }
            else
            {
                methods.Add(methodOf[call.Key] = new BlockMethod(call));
            }
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

    /// <summary>Writes one method for each distinct shape of block.</summary>
    public void WriteMethods(IndentedWriter w)
    {
        if (calls.Count == 1)
        {
            return;
        }

        foreach (var method in methods)
        {
            w.Gap();
            var first = method.Calls[0];
            w.Line($"/// <summary>{Describe(method)}</summary>");
            using (WriteHeader(w, method.Name, first.Signature))
            {
                w.Aligned(first.Lines(method.IsRelative));
            }
        }
    }

    private static IndentedWriter.Scope WriteHeader(IndentedWriter w, string name, IEnumerable<string> parameters)
    {
        w.List($"private static void {name}<TBackend>(", parameters.Prepend("ref TBackend backend"), ")");
        return w.Block("    where TBackend : struct, IBackend");
    }

    private static string Describe(BlockMethod method)
    {
        var names = method.Calls.Select(call => call.Block.Name).ToList();
        var listed = names.Count <= 4 ? string.Join(", ", names) : $"{names[0]}, {names[1]} … {names[names.Count - 1]}";
        var titles = method.Calls.Select(call => call.Block.Title).Distinct().ToList();
        var level = method.IsRelative ? "; h×w are the level's cells" : "";
        return titles.Count == 1 ? $"{listed}: {titles[0]}{level}." : $"{listed}{level}.";
    }

    private static string GradientsLocal(IEnumerable<BlockCall> calls) =>
        calls.Any(call => call.UsesGradients) ? "var g = v.Gradients;" : "";

    private static string StageOf(BlockCall call) => call.Block.Stage.Length == 0 ? call.Block.Name : call.Block.Stage;

    private static void WriteInline(IndentedWriter w, BlockCall call)
    {
        foreach (var local in call.Locals)
        {
            w.Line(local.Replace(" = g.", " = v.Gradients."));
        }

        w.Gap();
        w.Aligned(call.Lines(relative: false));
    }

    private void WriteStageCalls(IndentedWriter w, List<List<BlockCall>> stages, string? plan)
    {
        w.Line(GradientsLocal(stages.Where(stage => stage.Count == 1).SelectMany(stage => stage)));
        foreach (var stage in stages)
        {
            w.Gap();
            if (stage.Count == 1)
            {
                WriteCalls(w, stage);
            }
            else
            {
                w.Line($"// {StageOf(stage[0])}   {Literal.Of(stage.Count)} blocks");
                w.Line($"{StageMethod(stage)}(ref backend{(plan == null ? "" : ", v")});");
            }
        }
    }

    private void WriteCalls(IndentedWriter w, IReadOnlyList<BlockCall> group)
    {
        var nameWidth = group.Max(call => call.Block.Name.Length);
        var titleWidth = group.Max(call => call.Block.Title.Length);
        foreach (var call in group)
        {
            w.Gap();
            var title = $"// {call.Block.Name.PadRight(nameWidth)}   {call.Block.Title.PadRight(titleWidth)}";
            w.Line(handles.ResultOf(call.Block) is { } result ? $"{title}   {result.Shape}" : title);
            w.Line($"{methodOf[call.Key].Name}(ref backend{call.CallArguments});");
            foreach (var value in call.Tapped)
            {
                var handle = "v." + Names.Pascal(call.Block.Name) + "." + call.Block.RoleOf(value);
                foreach (var tap in value.Taps)
                {
                    var level = value.Shape.IsRange ? $"[{Literal.Of(tap.Level)}]" : "";
                    w.Line($"backend.Tap({Literal.Of(tap.Name)}, {handle}{level});");
                }
            }
        }
    }

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

    /// <summary>
    /// Kind alone where it says enough, else with what tells its methods apart: channels out, in and out, the level's stride.
    /// </summary>
    private void NameMethods()
    {
        foreach (var kind in methods.GroupBy(method => method.Calls[0].Block.Kind))
        {
            var group = kind.ToList();
            var candidates = group.Select(method => Candidates(method.Calls[0]).ToList()).ToList();
            for (var i = 0; i < group.Count; i++)
            {
                var own = candidates[i];
                var telling = own.Where((ending, level) => candidates.Count(other => other[level] == ending) == 1).FirstOrDefault();
                group[i].Name = kind.Key + (telling ?? own[1] + "Variant" + Literal.Of(i + 1)) + suffix;
            }
        }
    }

    private IEnumerable<string> Candidates(BlockCall call)
    {
        var (input, output) = handles.ChannelsOf(call.Block);
        yield return "";
        yield return Literal.Of(output);
        yield return Literal.Of(input) + "To" + Literal.Of(output);
        yield return Literal.Of(output) + "Stride" + Literal.Of(1 << call.Base);
        yield return Literal.Of(input) + "To" + Literal.Of(output) + "Stride" + Literal.Of(1 << call.Base);
    }
}
