using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Fovea.Detection;
using Fovea.Model;

namespace Fovea;

/// <summary>
/// Between the members of a class enum, the network's channels and the names in data sets: a member's value is its channel, K is the
/// greatest value + 1,
/// its name is <c>[ClassName]</c>'s or its own. Gaps are channels without a class.
/// </summary>
/// <typeparam name="TClass">The class enum.</typeparam>
public sealed class ClassMap<TClass>
    where TClass : struct, Enum
{
    private const int MaxChannels = 1 << 16;
    private static ClassMap<TClass>? instance;
    private readonly Dictionary<string, int> channels = new(StringComparer.Ordinal);
    private readonly string?[] names;

    private ClassMap()
    {
        var members = Enum.GetNames<TClass>();
        var values = Enum.GetValues<TClass>();
        if (members.Length == 0)
        {
            throw new InvalidOperationException($"enum {typeof(TClass).Name}: expected at least one member to be a class, found none.");
        }

        foreach (var value in values)
        {
            var number = Convert.ToInt64(value, CultureInfo.InvariantCulture);
            if (number is < 0 or >= MaxChannels)
            {
                throw new InvalidOperationException(
                    $"enum {typeof(TClass).Name}: expected values from 0 to {MaxChannels - 1}, since a value is a channel, "
                    + $"found {value} = {number}.");
            }

            Count = Math.Max(Count, (int)number + 1);
        }

        names = new string?[Count];
        for (var i = 0; i < members.Length; i++)
        {
            Add(members[i], EnumChannel<TClass>.ToChannel(values[i]));
        }
    }

    /// <summary>The map of this enum.</summary>
    /// <exception cref="InvalidOperationException">No members, a value below 0 or too great, or a name that two classes share.</exception>
    public static ClassMap<TClass> Instance => instance ??= new ClassMap<TClass>();

    /// <summary>K: channels, gaps included.</summary>
    public int Count { get; }

    /// <summary>By channel; null where the enum has a gap.</summary>
    public IReadOnlyList<string?> Names => names;

    /// <summary>The channels that have a class, ascending.</summary>
    public IEnumerable<int> Channels => Enumerable.Range(0, Count).Where(c => names[c] is not null);

    /// <summary>The channel of a class.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Reads as a question to the map.")]
    public int ChannelOf(TClass value) => EnumChannel<TClass>.ToChannel(value);

    /// <summary>The class of a channel.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Reads as a question to the map.")]
    public TClass FromChannel(int channel) => EnumChannel<TClass>.FromChannel(channel);

    /// <summary>The name of a class in data sets and reports.</summary>
    public string NameOf(TClass value) => names[EnumChannel<TClass>.ToChannel(value)] ?? value.ToString();

    /// <summary>Finds the class of a data set's category name; upper and lower case matter.</summary>
    public bool TryFind(string name, out TClass value)
    {
        var found = channels.TryGetValue(name, out var channel);
        value = found ? EnumChannel<TClass>.FromChannel(channel) : default;
        return found;
    }

    private void Add(string member, int channel)
    {
        var name = typeof(TClass).GetField(member)?.GetCustomAttribute<ClassNameAttribute>()?.Name ?? member;
        if (channels.TryGetValue(name, out var other) && other != channel)
        {
            throw new InvalidOperationException(
                $"enum {typeof(TClass).Name}: expected a name for each class, found '{name}' for the values {other} and {channel}.");
        }

        channels[name] = channel;
        names[channel] ??= name;
    }
}
