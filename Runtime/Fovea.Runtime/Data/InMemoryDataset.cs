using Fovea.Data.Reading;

namespace Fovea;

/// <summary>A data set whose pictures are in memory: made by a program, or small enough to keep.</summary>
/// <typeparam name="TClass">The class enum.</typeparam>
public sealed class InMemoryDataset<TClass> : DetectionDataset<TClass>
    where TClass : struct, Enum
{
    private readonly (RgbImage Image, DatasetItem<TClass> Item)[] items;

    /// <param name="name">How messages and reports call it.</param>
    /// <param name="images">Pictures with their objects. Boxes must have area and lie inside.</param>
    /// <exception cref="DatasetException">A box is not finite, has no area, or reaches over the picture's edge; or a class is no member of
    /// the enum.</exception>
    public InMemoryDataset(string name, IEnumerable<(RgbImage Image, IReadOnlyList<LabeledBox<TClass>> Objects)> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        Name = name;
        var number = 0;
        items = [.. images.Select(i => (i.Image, new DatasetItem<TClass>(
            ++number, $"{name}[{number - 1}]", i.Image.Width, i.Image.Height, [.. i.Objects])))];
        var problems = new DatasetProblems(name);
        foreach (var (_, item) in items)
        {
            Check(item, problems);
        }

        problems.ThrowIfAny();
        Report = DatasetReport.Of(this);
    }

    /// <inheritdoc />
    public override string Name { get; }

    /// <inheritdoc />
    public override int Count => items.Length;

    /// <inheritdoc />
    public override DatasetReport Report { get; }

    /// <inheritdoc />
    public override DatasetItem<TClass> this[int index] => items[index].Item;

    /// <inheritdoc />
    public override RgbImage LoadImage(int index) => items[index].Image;

    private void Check(DatasetItem<TClass> item, DatasetProblems problems)
    {
        for (var i = 0; i < item.Objects.Length; i++)
        {
            var o = item.Objects[i];
            var inside = o.Box is { X1: >= 0, Y1: >= 0 } && o.Box.X2 <= item.Width && o.Box.Y2 <= item.Height;
            if (!inside || !(o.Box.Area > 0))
            {
                problems.Add($"{item.Name}.Objects[{i}].Box", $"a box with area inside {item.Width}×{item.Height}", o.Box.ToString());
            }

            var channel = Classes.ChannelOf(o.Class);
            if (channel < 0 || channel >= Classes.Count || Classes.Names[channel] is null)
            {
                problems.Add(
                    $"{item.Name}.Objects[{i}].Class", $"a member of {typeof(TClass).Name}",
                    channel.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }
}
