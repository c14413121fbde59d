using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Emission;

/// <summary>
/// The struct that computes, for one batch size and canvas, where slots begin: N times the image part, then the values that have places
/// of their own. The same closed forms that <see cref="MemoryPlan.ArenaLength"/> evaluates.
/// </summary>
internal sealed class LayoutEmitter(MemoryPlan plan)
{
    /// <summary>Longer names stand out of their column.</summary>
    private const int NameLimit = 40;

    private IEnumerable<Slot> AllSlots => plan.Slots.SelectMany(slot => slot.Parts.Prepend(slot));

    /// <summary>The handle of a value on the canvas <c>c</c>: <c>c.At4(s.S7, 256)</c>, or a field of the layout's own.</summary>
    public static string Expression(Value value, MemoryPlan plan) => plan.SlotOf(value) is { } slot
        ? $"c.At{value.Shape.Stride}(s.{slot.Name}, {value.Shape.Channels})"
        : "s." + Names.Pascal(value.Name);

    /// <param name="parameters">Behind the canvas: <c>int maxBoxes</c>.</param>
    public void Write(IndentedWriter w, params string[] parameters)
    {
        using (w.Block("internal readonly struct Layout"))
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
                WriteReserving(w);
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

        return terms.Count == 1 ? terms[0] : $"Max({string.Join(", ", terms)})";
    }

    private void WriteSlots(IndentedWriter w)
    {
        w.Line("// The image part: elements of one image, times the images. Behind each slot what lies in it, and from which block to which:");
        w.Line("// of forward, or after ↑ of backward.");
        w.Line("var (image, images) = (0L, c.Images);");
        var rows = new List<SlotRow>();
        foreach (var slot in plan.Slots)
        {
            rows.Add(new($"{slot.Name} = Slot({LengthOf(slot)});", slot.Storages));
            for (var i = 0; i < slot.Parts.Count; i++)
            {
                var part = slot.Parts[i];
                var before = i == 0 ? slot.Name : $"After({slot.Parts[i - 1].Name}, {LengthOf(slot.Parts[i - 1])})";
                rows.Add(new($"{part.Name} = {before};", part.Storages));
            }
        }

        WriteTable(w, rows);
    }

    /// <summary>A row for each occupant: code, name, shape and lifetime in columns. Code that is too wide for them stands alone.</summary>
    private void WriteTable(IndentedWriter w, List<SlotRow> rows)
    {
        var storages = rows.SelectMany(row => row.Storages).ToList();
        var names = storages.ConvertAll(NameOf).Where(name => name.Length <= NameLimit).Select(name => name.Length).DefaultIfEmpty(0).Max();
        var shapes = storages.Select(storage => ShapeOf(storage).Length).DefaultIfEmpty(0).Max();
        var lives = storages.Select(storage => LifeOf(storage.Lifetime).Length).DefaultIfEmpty(0).Max();
        var column = Math.Min(
            rows.Select(row => row.Code.Length).DefaultIfEmpty(0).Max() + 2,
            Math.Max(w.Room - 3 - names - 2 - shapes - 2 - lives, 0));
        foreach (var row in rows)
        {
            var occupants = row.Storages
                .Select(storage => $"// {NameOf(storage).PadRight(names)}  {ShapeOf(storage).PadRight(shapes)}  {LifeOf(storage.Lifetime)}")
                .ToList();
            var isWide = row.Code.Length + 2 > column;
            w.Line(isWide || occupants.Count == 0 ? row.Code : row.Code.PadRight(column) + occupants[0]);
            foreach (var occupant in isWide ? occupants : occupants.Skip(1))
            {
                w.Line(new string(' ', column) + occupant);
            }
        }
    }

    /// <summary>Values that follow each other in place are one occupant: the first by name.</summary>
    private static string NameOf(Storage storage) =>
        storage.Values[0].Name + (storage.Values.Count == 1 ? "" : $" +{Literal.Of(storage.Values.Count - 1)}");

    /// <summary>H/4×W/4×256: of one image.</summary>
    private static string ShapeOf(Storage storage) =>
        storage.Shape.ToString().Replace("[N, ", "").Replace("]", "").Replace(", ", "×");

    /// <summary>layer1.0 – ↑layer1.1</summary>
    private string LifeOf(Lifetime lifetime)
    {
        var (first, last) = (PlaceOf(lifetime.First), PlaceOf(lifetime.Last));
        return first == last ? first : $"{first} – {last}";
    }

    private string PlaceOf(int position)
    {
        var isBackward = position >= plan.Lifetimes.BackwardStart;
        return (isBackward ? "↑" : "") + plan.Lifetimes.Order[position].Block.Name;
    }

    private void WriteReserving(IndentedWriter w)
    {
        w.Line(
            """

            // A run of the image part: every image of the batch has one.
            long Slot(long length)
            {
                var offset = image * images;
                image += RoundUp(length);
                return offset;
            }
            """);
        if (plan.Slots.Any(slot => slot.Parts.Count > 1))
        {
            w.Line(
                """

                // Behind a part of a slot.
                long After(long part, long length) => part + (images * RoundUp(length));
                """);
        }

        w.Line(
            """

            // A run behind the image part.
            long Own(long length)
            {
                var offset = end;
                end += RoundUp(length);
                return offset;
            }
            """);
    }

    private void WriteOwned(IndentedWriter w)
    {
        w.Gap();
        w.Line("// Behind it: what the host writes or reads, and what lives all the time.");
        w.Line("var end = image * images;");
        if (plan.Owned.Any(value => value.Kind == ValueKind.Candidates))
        {
            var (perCell, topK) = (plan.Constants.AnchorsPerCell * plan.Constants.Classes, plan.Constants.TopK);
            var terms = plan.Constants.LevelHalvings.Select(h => $"long.Min({topK}, {perCell} * c.Cells{1 << h})");
            w.Line($"var candidates = {string.Join("\n    + ", terms)};");
        }

        foreach (var value in plan.Owned)
        {
            w.Line($"{Names.Pascal(value.Name)} = {Owned(value)};");
        }
    }

    private string Owned(Value value)
    {
        var runs = Run.Of(value, plan.Constants).Select(run => $"{run.Name}: Own({run.Length})").ToList();
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

        string Reserve() => $"Own({Run.Of(value, plan.Constants)[0].Length})";

        string Several(string capacity) => $"new(\n    c.Images, Capacity: {capacity},\n    {string.Join(",\n    ", runs)})";
    }

    /// <summary>A line of the table: a slot, or a part of one.</summary>
    private sealed record SlotRow(string Code, IReadOnlyList<Storage> Storages);
}
