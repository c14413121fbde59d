using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Emission;

/// <summary>
/// The struct that computes, for one batch size and canvas, where slots begin: N times the image part, then the values that have places
/// of their own. The same closed forms that <see cref="MemoryPlan.ArenaLength"/> evaluates.
/// </summary>
internal sealed class LayoutEmitter(MemoryPlan plan)
{
    private const int CommentLimit = 50;

    private IEnumerable<Slot> AllSlots => plan.Slots.SelectMany(slot => slot.Parts.Prepend(slot));

    /// <summary>The handle of a value on the canvas <c>c</c>: <c>c.At4(s.S7, 256)</c>, or a field of the layout's own.</summary>
    public static string Expression(Value value, MemoryPlan plan) => plan.SlotOf(value) is { } slot
        ? $"c.At{value.Shape.Stride}(s.{slot.Name}, {value.Shape.Channels})"
        : "s." + Names.Pascal(value.Name);

    /// <param name="parameters">Behind the canvas: <c>int maxBoxes</c>.</param>
    public void Write(IndentedWriter w, params string[] parameters)
    {
        using (w.Block("private readonly struct Layout"))
        {
            w.List("public readonly long ", AllSlots.Select(slot => slot.Name).Append("Length"), ";");
            foreach (var kind in plan.Owned.GroupBy(value => Names.HandleType(value.Kind)))
            {
                w.Gap();
                w.List($"public readonly {kind.Key} ", kind.Select(value => Names.Pascal(value.Name)), ";");
            }

            w.Gap();
            using (w.Block($"public Layout({string.Join(", ", parameters.Prepend("in Canvas c"))})"))
            {
                WriteSlots(w);
                WriteOwned(w);
                w.Line("Length = end;");
            }
        }
    }

    /// <summary>The closed form of a slot's length: its longest shape, or the sum of its parts.</summary>
    private static string LengthOf(Slot slot)
    {
        var terms = slot.Terms.Select(term => $"c.Cells{term.Stride} * {term.Channels}").ToList();
        if (slot.Parts.Count > 0)
        {
            terms.Add(string.Join(" + ", slot.Parts.Select(part => $"RoundUp({LengthOf(part)})")));
        }

        return terms.Skip(1).Aggregate(terms[0], (longest, term) => $"Max({longest}, {term})");
    }

    private static string Contents(Slot slot)
    {
        var names = slot.Values.Select(value => value.Name).ToList();
        var shown = names[0];
        var count = 1;
        while (count < names.Count && shown.Length + names[count].Length < CommentLimit)
        {
            shown += ", " + names[count++];
        }

        return shown + (count < names.Count ? $" … {names.Count} values" : "");
    }

    private void WriteSlots(IndentedWriter w)
    {
        w.Line("// The image part: elements of one image, times the images.");
        w.Line("var image = 0L;");
        var lines = new List<CodeLine>();
        foreach (var slot in plan.Slots)
        {
            lines.Add(new($"{slot.Name} = Slot(ref image, c.Images, {LengthOf(slot)});", Contents(slot)));
            for (var i = 0; i < slot.Parts.Count; i++)
            {
                var before = i == 0 ? slot.Name : $"After({slot.Parts[i - 1].Name}, c.Images, {LengthOf(slot.Parts[i - 1])})";
                lines.Add(new($"{slot.Parts[i].Name} = {before};", Contents(slot.Parts[i])));
            }
        }

        w.Aligned(lines);
    }

    private void WriteOwned(IndentedWriter w)
    {
        w.Gap();
        w.Line("// Behind it: what the host writes or reads, and what lives all the time.");
        w.Line("var end = image * c.Images;");
        if (plan.Owned.Any(value => value.Kind == ValueKind.Candidates))
        {
            var (perCell, topK) = (plan.Constants.AnchorsPerCell * plan.Constants.Classes, plan.Constants.TopK);
            var terms = plan.Constants.LevelHalvings.Select(h => $"Min({topK}, {perCell} * c.Cells{1 << h})");
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
        var (stride, channels, perCell) = (value.Shape.Stride, value.Shape.Channels, plan.Constants.AnchorsPerCell);
        return value.Kind switch
        {
            ValueKind.Input => $"c.At{stride}({Reserve()}, {channels})",
            ValueKind.Anchors => $"new({Reserve()}, c.H{stride}, c.W{stride}, PerCell: {perCell})",
            ValueKind.Matches => $"new({Reserve()}, c.Images, Anchors: c.H{stride} * c.W{stride} * {perCell})",
            ValueKind.NormStatistics => $"new({Reserve()}, Count: {(value.CountsPerImage ? "c.Images * " : "")}{value.Count})",
            ValueKind.Loss => $"new({Reserve()})",
            ValueKind.GroundTruth => Several("maxBoxes"),
            ValueKind.Candidates => Several("(int)candidates"),
            ValueKind.Detections => Several(Literal.Of(plan.Constants.MaxDetections)),
            _ => throw new InvalidOperationException($"{value.Name} of kind {value.Kind} has no handle."),
        };

        string Reserve() => $"Own(ref end, {Run.Of(value, plan.Constants)[0].Length})";

        string Several(string capacity) => $"new(\n    c.Images, Capacity: {capacity},\n    {string.Join(",\n    ", runs)})";
    }
}
