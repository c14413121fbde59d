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
        ? value.Kind.Handle(value, ["s." + slot.Name])
        : "s." + Names.Pascal(value.Name);

    /// <param name="parameters">Behind the canvas: <c>int maxBoxes</c>.</param>
    public void Write(IndentedWriter w, params string[] parameters)
    {
        using (w.Block("private readonly struct Layout"))
        {
            w.List("public readonly long ", AllSlots.Select(slot => slot.Name).Append("Length"), ";");
            foreach (var kind in plan.Owned.GroupBy(value => value.Kind.HandleType(value)))
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
        var terms = slot.Terms.Select(Length.Of).ToList();
        terms.AddRange(slot.Divisions.Select(parts => string.Join(" + ", parts.Select(part => $"RoundUp({LengthOf(part)})"))));

        return terms.Skip(1).Aggregate(terms[0], (longest, term) => $"Max({longest}, {term})");
    }

    private static string Contents(Slot slot)
    {
        var names = slot.Values.Select(value => value.Name).DefaultIfEmpty("in parts").ToList();
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
            foreach (var part in slot.Parts)
            {
                var place = part.Before is { } before ? $"After({before.Name}, c.Images, {LengthOf(before)})" : slot.Name;
                lines.Add(new($"{part.Name} = {place};", Contents(part)));
            }
        }

        w.Aligned(lines);
    }

    private void WriteOwned(IndentedWriter w)
    {
        w.Gap();
        w.Line("// Behind it: what the host writes or reads, and what lives all the time.");
        w.Line("var end = image * c.Images;");
        foreach (var number in plan.Owned.SelectMany(value => value.Kind.Runs(value)).Select(run => run.Length.Number).OfType<CanvasNumber>().Distinct())
        {
            w.Line($"var {number.Name} = {number.Expression};");
        }

        foreach (var value in plan.Owned)
        {
            var places = value.Kind.Runs(value).Select(run => $"Own(ref end, {run.Length})").ToList();
            w.Line($"{Names.Pascal(value.Name)} = {value.Kind.Handle(value, places)};");
        }
    }
}
