using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Fovea.Tests.AspNetCore.Web;

/// <summary>
/// The sample's Dockerfile by the rules that linters have and a reader can check; no image is built. The number behind a rule is hadolint's.
/// </summary>
public sealed class DockerfileTests
{
    private const string Name = "Samples/Web/Dockerfile";

    [SkippableFact]
    public void Stages_are_named_and_images_have_a_tag_that_says_a_version()
    {
        var from = Read().Where(i => i.Keyword == "FROM").Select(i => i.Arguments.Split(' ')).ToArray();
        var version = Project("TargetFramework").Replace("net", "", StringComparison.Ordinal);
        Assert.NotEmpty(from);
        Assert.All(from, f => Assert.Equal("AS", f[1]));
        Assert.All(from, f => Assert.Matches($":{Regex.Escape(version)}-[a-z]", f[0])); // DL3006, DL3007: a tag, the project's .NET; DL3024: names that differ
        Assert.Equal(from.Length, from.Select(f => f[2]).Distinct().Count());
    }

    [SkippableFact]
    public void What_runs_is_no_root_has_no_shell_and_is_started_directly()
    {
        var final = Read().Reverse().TakeWhile(i => i.Keyword != "FROM").Reverse().ToArray();
        Assert.DoesNotContain(final, i => i.Keyword is "RUN" or "HEALTHCHECK" or "SHELL");
        Assert.DoesNotContain(final.Last(i => i.Keyword == "USER").Arguments.Split(':')[0], (string[])["root", "0"]); // DL3002
        Assert.Equal(typeof(Quickstart.ShapeDetector).Assembly.GetName().Name + ".dll", Exec(final.Single(i => i.Keyword == "ENTRYPOINT"))[^1]); // DL3025
        var weights = Exec(final.Single(i => i.Keyword == "CMD"))[^1];
        Assert.Contains(final, i => i.Keyword == "COPY" && i.Arguments.EndsWith($"/{weights} .", StringComparison.Ordinal));

        static string[] Exec(Instruction i) => JsonSerializer.Deserialize<string[]>(i.Arguments)!;
    }

    [SkippableFact]
    public void Files_are_copied_with_link_from_what_is_there_and_folders_are_absolute()
    {
        var all = Read();
        Assert.DoesNotContain(all, i => i.Keyword is "ADD" or "MAINTAINER"); // DL3020, DL4000
        Assert.DoesNotContain(all, i => i.Keyword == "RUN" && i.Arguments.Contains("cd ", StringComparison.Ordinal)); // DL3003
        Assert.All(all.Where(i => i.Keyword == "WORKDIR"), i => Assert.StartsWith("/", i.Arguments, StringComparison.Ordinal)); // DL3000
        Assert.All(all.Where(i => i.Keyword == "COPY"), i => Assert.StartsWith("--link ", i.Arguments, StringComparison.Ordinal));
        var stages = all.Where(i => i.Keyword == "FROM").Select(i => i.Arguments.Split(' ')[2]).ToArray();
        Assert.All(all.Where(i => i.Arguments.Contains("--from=", StringComparison.Ordinal)), i => Assert.Contains(i.Arguments.Split("--from=")[1].Split(' ')[0], stages)); // DL3022
        var published = Assert.Single(all, i => i.Arguments.StartsWith("dotnet publish ", StringComparison.Ordinal));
        Assert.True(File.Exists(Repository.PathOf(published.Arguments.Split(' ')[2])), published.Arguments);
    }

    [SkippableFact]
    public void What_builds_leave_behind_does_not_get_in()
    {
        Read();
        var ignored = File.ReadAllLines(Repository.PathOf(Name + ".dockerignore"));
        Assert.All(new[] { "**/bin", "**/obj", "**/out", ".git" }, p => Assert.Contains(p, ignored));
    }

    /// <summary>What the sample's project says.</summary>
    private static string Project(string property) =>
        XDocument.Load(Repository.PathOf("Samples/Web/Web.csproj")).Descendants(property).Single().Value;

    private static Instruction[] Read()
    {
        Skip.If(Repository.Folder is null, "The sources are not here.");
        return [.. File.ReadAllLines(Repository.PathOf(Name)).Where(l => l.Length > 0 && l[0] != '#').Select(l =>
        {
            Assert.False(l.EndsWith('\\'), "lines that go on are not read here");
            var space = l.IndexOf(' ', StringComparison.Ordinal);
            return new Instruction(l[..space], l[(space + 1)..]);
        })];
    }

    private sealed record Instruction(string Keyword, string Arguments);
}
