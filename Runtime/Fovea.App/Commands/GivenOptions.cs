using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>Which options stand on the command line, for those that refuse each other.</summary>
internal static class GivenOptions
{
    /// <summary>Options that have no meaning beside another: what a file says of the first does not count where the second is given.</summary>
    public static readonly (string Option, string Beside)[] Excluded =
        [("--epochs", "--time"), ("--time", "--epochs"), ("--weights", "--resume")];

    /// <summary>Whether one of some that are given takes an option's place.</summary>
    public static bool Excludes(IReadOnlySet<string> given, string option) =>
        Excluded.Any(e => e.Option == option && given.Contains(e.Beside));

    /// <summary>The names of those that are given; a default is not.</summary>
    public static IEnumerable<string> Of(ParseResult parsed, params IEnumerable<Option> options) =>
        options.Where(o => parsed.GetResult(o) is { Implicit: false }).Select(o => o.Name);

    /// <summary>Refuses options that would do nothing.</summary>
    /// <param name="given">Their names.</param>
    /// <param name="why">What they would need, or what stands against them.</param>
    /// <exception cref="ArgumentException">There are some.</exception>
    public static void Refuse(IEnumerable<string> given, string why)
    {
        var names = string.Join(", ", given);
        if (names.Length > 0)
        {
            throw new ArgumentException($"{names} would have no effect: {why}");
        }
    }
}
