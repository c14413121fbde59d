using System.Text.Json;

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
        Assert.All(from, f => Assert.Equal("AS", f[1])); // DL3006 to DL3007, DL3024: a tag, not latest, names that differ
        Assert.Equal(["mcr.microsoft.com/dotnet/sdk:10.0-noble", "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled"], from.Select(f => f[0]));
        Assert.Equal(from.Length, from.Select(f => f[2]).Distinct().Count());
    }

    [SkippableFact]
    public void What_runs_is_no_root_has_no_shell_and_is_started_directly()
    {
        var final = Read().Reverse().TakeWhile(i => i.Keyword != "FROM").Reverse().ToArray();
        Assert.DoesNotContain(final, i => i.Keyword is "RUN" or "HEALTHCHECK" or "SHELL");
        Assert.Equal("$APP_UID", final.Last(i => i.Keyword == "USER").Arguments); // DL3002
        Assert.Equal(["dotnet", "Web.dll"], Exec(final.Single(i => i.Keyword == "ENTRYPOINT"))); // DL3025
        Assert.Equal(["--weights", "ShapeDetector.safetensors"], Exec(final.Single(i => i.Keyword == "CMD")));
        Assert.Equal("8080", final.Single(i => i.Keyword == "EXPOSE").Arguments); // DL3011; ASP.NET's port in a container since .NET 8

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
        Assert.Contains(all, i => i.Arguments == "dotnet /app/Web.dll prepare --out .");
    }

    [SkippableFact]
    public void What_builds_leave_behind_does_not_get_in()
    {
        Read();
        var ignored = File.ReadAllLines(Repository.PathOf(Name + ".dockerignore"));
        Assert.All(new[] { "**/bin", "**/obj", "**/out", ".git" }, p => Assert.Contains(p, ignored));
    }

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
