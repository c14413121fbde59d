using System.Text.RegularExpressions;

namespace Fovea.Docs.Tests;

/// <summary>Links from page to page lead to a file, and to a heading in it.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> Names => [.. Pages.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void Links_lead_somewhere(string page)
    {
        var problems = Links().Matches(Pages.Read(page)).Select(m => Problem(page, m.Groups[1].Value, m.Groups[2].Value)).OfType<string>();
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("no-such.md", "", false)]
    [InlineData("using.md", "#no-such-heading", false)]
    [InlineData("using.md", "#load-and-save", true)]
    [InlineData("../README.md", "#makes-a-data-set-trains-evaluates-draws-open-outquickstartreporthtml", false)]
    [InlineData("../README.md", "#in-your-own-project", true)]
    public void A_link_that_leads_nowhere_is_told(string file, string heading, bool leads) =>
        Assert.Equal(leads, Problem("docs/cuda.md", file, heading) is null);

    private static string? Problem(string page, string file, string heading)
    {
        var target = file.Length == 0 ? page : Pages.NameOf(Path.Combine(Repository.PathOf(page), "..", file));
        var path = Repository.PathOf(target);
        return !Path.Exists(path) ? $"{page}: there is no {target}"
            : heading.Length > 0 && !Headings().Matches(Fences().Replace(Pages.Read(target), "")).Any(h => $"#{AnchorOf(h.Groups[1].Value)}" == heading)
            ? $"{page}: {target} has no heading {heading}"
            : null;
    }

    /// <summary>As GitHub makes it: small letters, no marks, hyphens for spaces.</summary>
    private static string AnchorOf(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    /// <summary>[text](file#heading), but for addresses of the web.</summary>
    [GeneratedRegex(@"\]\((?!\w+:)([^)#\s]*)(#[^)\s]+)?\)")]
    private static partial Regex Links();

    /// <summary>In a block of shell a # begins a comment.</summary>
    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"^#+ +(.+?) *$", RegexOptions.Multiline)]
    private static partial Regex Headings();
}
