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
        ? value.Kind.Handle(value, ["s." + slot.Name])
        : "s." + Names.Pascal(value.Name);

    /// <param name="parameters">Behind the canvas: <c>int maxBoxes</c>.</param>
    public void Write(IndentedWriter w, params string[] parameters)
    {
        using (w.Block("internal readonly struct Layout"))
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
                WriteReserving(w);
            }
        }
    }

    /// <summary>The closed form of a slot's length: its longest shape, or the sum of its parts.</summary>
    private static string LengthOf(Slot slot)
    {
        var terms = slot.Terms.Select(Length.Of).ToList();
        terms.AddRange(slot.Divisions.Select(parts => string.Join(" + ", parts.Select(part => $"RoundUp({LengthOf(part)})"))));
        return terms.Count == 1 ? terms[0] : $"Max({string.Join(", ", terms)})";
    }

    private void WriteSlots(IndentedWriter w)
    {
        w.Line("// The image part: elements of one image, times the images. Behind each slot what lies in it, its shape, and from which");
        w.Line("// block to which it lives, of forward, or after ↑ of backward; behind > what takes its place.");
        w.Line("var (image, images) = (0L, c.Images);");
        var rows = new List<SlotRow>();
        foreach (var slot in plan.Slots)
        {
            rows.Add(new($"{slot.Name} = Slot({LengthOf(slot)});", slot.Storages));
            foreach (var part in slot.Parts)
            {
                var place = part.Before is { } before ? $"After({before.Name}, {LengthOf(before)})" : slot.Name;
                rows.Add(new($"{part.Name} = {place};", part.Storages));
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
            var occupants = row.Storages.SelectMany(storage =>
            {
                var first = $"// {NameOf(storage).PadRight(names)}  {ShapeOf(storage).PadRight(shapes)}  {LifeOf(storage.Lifetime)}";
                return Occupant(storage, first, w.Room - column);
            }).ToList();
            var isWide = row.Code.Length + 2 > column;
            w.Line(isWide || occupants.Count == 0 ? row.Code : row.Code.PadRight(column) + occupants[0]);
            foreach (var occupant in isWide ? occupants : occupants.Skip(1))
            {
                w.Line(new string(' ', column) + occupant);
            }
        }
    }

    private static string NameOf(Storage storage) => storage.Values[0].Name;

    /// <summary>The row of the first value, and behind it or below those that follow it in place.</summary>
    private static IEnumerable<string> Occupant(Storage storage, string row, int room)
    {
        foreach (var next in storage.Values.Skip(1).Select(value => value.Name))
        {
            if (row.Length + next.Length + 3 > room)
            {
                yield return row;
                row = "//  ";
            }

            row += $" > {next}";
        }

        yield return row;
    }

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
        if (plan.Slots.Any(slot => slot.Divisions.Count > 0))
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
        var numbers = plan.Owned.SelectMany(value => value.Kind.Runs(value)).Select(run => run.Length.Number);
        foreach (var number in numbers.OfType<CanvasNumber>().Distinct())
        {
            w.Line($"var {number.Name} = {number.Expression};");
        }

        foreach (var value in plan.Owned)
        {
            var places = value.Kind.Runs(value).Select(run => $"Own({run.Length})").ToList();
            w.Line($"{Names.Pascal(value.Name)} = {value.Kind.Handle(value, places)};");
        }
    }

    /// <summary>A line of the table: a slot, or a part of one.</summary>
    private sealed record SlotRow(string Code, IReadOnlyList<Storage> Storages);
}
