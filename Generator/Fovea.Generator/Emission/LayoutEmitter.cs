using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Emission;

/// <summary>
/// The struct that computes, for one batch size and canvas, where slots begin: N times the image part, then the values that have places of their own.
/// The same closed forms that <see cref="MemoryPlan.ArenaLength"/> evaluates.
/// </summary>
internal sealed class LayoutEmitter(ModelGraph graph, MemoryPlan plan)
{
    private const int CommentLimit = 90;

    /// <summary>The handle of a value, made by the layout <c>s</c>: <c>s.At4(s.S7, 256)</c>, or a field of its own.</summary>
    public static string Expression(Value value, MemoryPlan plan) => plan.SlotOf(value) is { } slot
        ? $"s.At{value.Shape.Stride}(s.S{slot.Index}, {value.Shape.Channels})"
        : "s." + Names.Pascal(value.Name);

    public void Write(IndentedWriter w, string parameters)
    {
        var halvings = Halvings();
        using (w.Block("private readonly struct Layout"))
        {
            w.Line($"public readonly int Images, {string.Join(", ", halvings.Select(h => $"H{1 << h}, W{1 << h}"))};");
            foreach (var row in Rows(plan.Slots.Select(slot => "S" + Literal.Of(slot.Index)).ToList(), 16))
            {
                w.Line($"public readonly long {row};");
            }

            foreach (var value in plan.Owned)
            {
                w.Line($"public readonly {Names.HandleType(value.Kind)} {Names.Pascal(value.Name)};");
            }

            w.Line("public readonly long Length;");
            w.Gap();
            using (w.Block($"public Layout({parameters})"))
            {
                WriteExtents(w, halvings);
                WriteSlots(w);
                WriteOwned(w);
                w.Line("Length = end;");
            }

            WriteMaps(w, halvings);
            WriteReserving(w);
        }
    }

    private static IEnumerable<string> Rows(List<string> items, int length)
    {
        for (var i = 0; i < items.Count; i += length)
        {
            yield return string.Join(", ", items.Skip(i).Take(length));
        }
    }

    private static void WriteExtents(IndentedWriter w, List<int> halvings)
    {
        w.Line("Images = images;");
        w.Line("(H1, W1) = (height, width);");
        foreach (var h in halvings.Where(h => h > 0))
        {
            var (fine, coarse) = (1 << (h - 1), 1 << h);
            w.Line($"(H{coarse}, W{coarse}) = ((H{fine} + 1) / 2, (W{fine} + 1) / 2);");
        }

        w.Gap();
        foreach (var h in halvings)
        {
            w.Line($"var cells{1 << h} = (long)H{1 << h} * W{1 << h};");
        }
    }

    private static string LengthOf(Slot slot)
    {
        var terms = slot.Terms.Select(term => $"cells{term.Stride} * {term.Channels}").ToList();
        return terms.Skip(1).Aggregate(terms[0], (longest, term) => $"Max({longest}, {term})");
    }

    private static string Contents(Slot slot)
    {
        var names = slot.Values.Select(value => value.Name).ToList();
        var shown = names.TakeWhile((_, i) => names.Take(i + 1).Sum(name => name.Length + 2) <= CommentLimit).ToList();
        return string.Join(", ", shown) + (shown.Count < names.Count ? $" … {names.Count} values" : "");
    }

    private static void WriteReserving(IndentedWriter w) => w.Line(
        """

        /// <summary>A run of the image part: every image of the batch has one.</summary>
        private static long Slot(ref long end, int images, long length)
        {
            var offset = end * images;
            end += RoundUp(length);
            return offset;
        }

        /// <summary>A run behind the image part.</summary>
        private static long Own(ref long end, long length)
        {
            var offset = end;
            end += RoundUp(length);
            return offset;
        }

        /// <summary>To multiples of 64 bytes.</summary>
        private static long RoundUp(long length) => (length + 15) / 16 * 16;
        """);

    private List<int> Halvings()
    {
        var greatest = plan.Slots.SelectMany(slot => slot.Terms).Select(term => term.Halvings)
            .Concat(plan.Owned.Select(value => value.Shape.Halvings)).Max();
        return Enumerable.Range(0, greatest + 1).ToList();
    }

    private void WriteSlots(IndentedWriter w)
    {
        w.Gap();
        w.Line("// The image part: elements of one image.");
        w.Line("var image = 0L;");
        w.Aligned(plan.Slots.Select(slot => new CodeLine($"S{slot.Index} = Slot(ref image, images, {LengthOf(slot)});", Contents(slot))).ToList());
    }

    private void WriteOwned(IndentedWriter w)
    {
        w.Gap();
        w.Line("// Behind it: what the host writes or reads, and what lives all the time.");
        w.Line("var end = image * images;");
        if (plan.Owned.Any(value => value.Kind == ValueKind.Candidates))
        {
            var (perCell, topK) = (plan.Constants.AnchorsPerCell * plan.Constants.Classes, plan.Constants.TopK);
            var terms = plan.Constants.LevelHalvings.Select(h => $"Min({topK}, {perCell} * cells{1 << h})");
            w.Line($"var candidates = {string.Join("\n    + ", terms)};");
        }

        foreach (var value in plan.Owned)
        {
            w.Line($"{Names.Pascal(value.Name)} = {Owned(value)};");
        }
    }

    private string Owned(Value value)
    {
        var runs = Run.Of(value, plan.Constants).Select(run => $"{run.Name}: Own(ref end, {run.Length})").ToList();
        var (stride, channels) = (value.Shape.Stride, value.Shape.Channels);
        return value.Kind switch
        {
            ValueKind.Input => $"At{stride}({Reserve()}, {channels})",
            ValueKind.Anchors => $"new({Reserve()}, H{stride}, W{stride}, PerCell: {plan.Constants.AnchorsPerCell})",
            ValueKind.Matches => $"new({Reserve()}, images, Anchors: H{stride} * W{stride} * {plan.Constants.AnchorsPerCell})",
            ValueKind.NormStatistics => $"new({Reserve()}, Count: {(value.CountsPerImage ? "images * " : "")}{value.Count})",
            ValueKind.Loss => $"new({Reserve()})",
            ValueKind.GroundTruth => $"new(\n    images, Capacity: maxBoxes,\n    {string.Join(",\n    ", runs)})",
            ValueKind.Candidates => $"new(\n    images, Capacity: (int)candidates,\n    {string.Join(",\n    ", runs)})",
            ValueKind.Detections => $"new(\n    images, Capacity: {plan.Constants.MaxDetections},\n    {string.Join(",\n    ", runs)})",
            _ => throw new InvalidOperationException($"{value.Name} of kind {value.Kind} has no handle."),
        };

        string Reserve() => $"Own(ref end, {Run.Of(value, plan.Constants)[0].Length})";
    }

    private void WriteMaps(IndentedWriter w, List<int> halvings)
    {
        var used = graph.AllNodes.SelectMany(node => node.Outputs.Concat(node.Inputs))
            .Where(value => plan.SlotOf(value) != null || value.Kind == ValueKind.Input).Select(value => value.Shape.Halvings).Distinct().ToList();
        foreach (var h in halvings.Where(used.Contains))
        {
            var stride = 1 << h;
            w.Gap();
            w.Line($"/// <summary>A map of {(h == 0 ? "the canvas's own size" : $"one cell for {stride}×{stride} pixels")}.</summary>");
            w.Line($"public FeatureMap At{stride}(long slot, int channels) => new(slot, Images, H{stride}, W{stride}, channels);");
        }
    }
}
