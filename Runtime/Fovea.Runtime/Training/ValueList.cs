using System.Collections.ObjectModel;

namespace Fovea.Training;

/// <summary>A list in a record: equal to another of equal elements in the same order, as the record's other members are.</summary>
internal sealed class ValueList<T>(IEnumerable<T> items) : ReadOnlyCollection<T>([.. items])
{
    public override bool Equals(object? obj) => obj is ValueList<T> other && this.SequenceEqual(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in this)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }
}
