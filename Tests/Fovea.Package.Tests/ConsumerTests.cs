using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Fovea.Package.Tests;

/// <summary>Projects of those who have nothing but the packages: built, run, published.</summary>
[Collection(Packages.Name)]
public sealed class ConsumerTests(PackageFeed feed)
{
    private const string Found = "found White True True\nread 64 True";

    /// <summary>
    /// What the trimmer cannot see through in ImageSharp: EnumUtils.Parse, which the readers of TIFF use, and the words for EXIF values,
    /// which nobody asks for. The program reads a TIFF, so the first is seen to work.
    /// </summary>
    private static readonly string[] KnownWarnings = ["SixLabors.ImageSharp.EnumUtils.Parse<", "SixLabors.ImageSharp.Metadata.Profiles.Exif.ExifTagDescriptionAttribute.GetDescription("];

    [SkippableFact]
    public void A_console_program_trains_saves_and_detects()
    {
        var folder = feed.CopyConsumer("Console");
        feed.Dotnet(folder, "build", "-c", "Release");
        Assert.Contains(Found, Run(folder, "dotnet", "bin/Release/net10.0/Consumer.dll"), StringComparison.Ordinal);

        // Managed all of it: beside assemblies there is the host that starts them.
        var native = Directory.GetFiles(Path.Combine(folder, "bin/Release/net10.0"), "*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".so", StringComparison.Ordinal) || f.EndsWith(".dylib", StringComparison.Ordinal) || f.Contains("/runtimes/", StringComparison.Ordinal));
        Assert.Empty(native);
    }

    [SkippableFact]
    public void A_program_uses_a_detector_that_a_library_declares_and_its_switch_leaves_CUDA_out()
    {
        var folder = feed.CopyConsumer("Library");
        feed.Dotnet(Path.Combine(folder, "Program"), "build", "-c", "Release");
        var said = Run(Path.Combine(folder, "Program"), "dotnet", "bin/Release/net10.0/Program.dll");
        Assert.Contains("CUDA was left out (FoveaCuda=false)", said, StringComparison.Ordinal);
        Assert.Contains("found ", said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_web_program_detects_for_many_at_once_and_refuses_what_is_no_picture()
    {
        var folder = feed.CopyConsumer("Web");
        var published = Path.Combine(folder, "published");
        feed.Dotnet(folder, "publish", "-c", "Release", "-o", published);
        var start = feed.StartInfo(published, "dotnet", "Web.dll", "--urls", "http://127.0.0.1:0");
        using var server = Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(Address(server)) };
            var picture = Path.Combine(folder, "picture.png");
            ImageFile.Save(new RgbImage(64, 64), picture);
            var bytes = await File.ReadAllBytesAsync(picture);
            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
            {
                using var answer = await client.PostAsync(new Uri("/detect", UriKind.Relative), new ByteArrayContent(bytes));
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detections").GetRawText();
            }));
            Assert.Single(answers.Distinct());

            using var refused = await client.PostAsync(new Uri("/detect", UriKind.Relative), new ByteArrayContent([1, 2, 3]));
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
            Assert.Equal("Healthy", await client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
        }
    }

    [SkippableFact]
    public void Trimmed_as_one_file_it_trains_and_detects_with_no_warning_but_ImageSharps()
    {
        var folder = feed.CopyConsumer("Console");
        var published = Path.Combine(folder, "published");
        CheckWarnings(feed.Dotnet(folder, "publish", "-c", "Release", "--use-current-runtime", "--self-contained", "-p:PublishSingleFile=true", "-p:PublishTrimmed=true", "-p:DebugType=none", "-o", published));
        Assert.Single(Directory.GetFiles(published));
        Assert.Contains(Found, Run(folder, Path.Combine(published, "Consumer")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Ahead_of_time_it_is_one_native_file_that_trains_and_detects_with_no_warning_but_ImageSharps()
    {
        var folder = feed.CopyConsumer("Console");
        var published = Path.Combine(folder, "published");
        CheckWarnings(feed.Dotnet(folder, "publish", "-c", "Release", "--use-current-runtime", "-p:PublishAot=true", "-p:IlcInstructionSet=x86-64-v3", "-p:DebugType=none", "-p:StripSymbols=true", "-o", published));
        Assert.DoesNotContain(Directory.GetFiles(published), f => f.EndsWith(".dll", StringComparison.Ordinal) || f.EndsWith(".so", StringComparison.Ordinal));
        Assert.Contains(Found, Run(folder, Path.Combine(published, "Consumer")), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("Native")]
    [InlineData("Trimmed")]
    public void Without_ImageSharp_there_is_no_warning_and_it_reads_JPEG_and_PNG(string kind)
    {
        var folder = feed.CopyConsumer("Console");
        var published = Path.Combine(folder, "published");
        string[] how = kind == "Native"
            ? ["-p:PublishAot=true", "-p:IlcInstructionSet=x86-64-v3", "-p:StripSymbols=true"]
            : ["--self-contained", "-p:PublishSingleFile=true", "-p:PublishTrimmed=true"];
        var said = feed.Dotnet(folder, ["publish", "-c", "Release", "--use-current-runtime", "-p:DebugType=none", "-p:FoveaImageSharp=false", .. how, "-o", published]);
        Assert.DoesNotContain("warning ", said, StringComparison.Ordinal);
        var output = Run(folder, Path.Combine(published, "Consumer"));
        Assert.Contains("found White True True\nnot written: JPEG files are not written", output, StringComparison.Ordinal);
        Assert.Contains("not read: ", output, StringComparison.Ordinal);
        Assert.Contains("<FoveaImageSharp>false</FoveaImageSharp>", output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("-p:CompilerApiVersion=roslyn4.14", "FOVEA1", "this build has Roslyn 4.14 of SDK ")]
    [InlineData("-p:TakeOut=true", "FOVEA2", "Something in this build removes analyzers")]
    public void Without_the_generator_there_is_one_error_that_says_why(string property, string code, string text)
    {
        var folder = feed.CopyConsumer("Console");
        var project = Path.Combine(folder, "Consumer.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace("</Project>", """
              <Target Name="TakeOut" BeforeTargets="FoveaCheckGenerator" Condition="'$(TakeOut)' == 'true'">
                <ItemGroup>
                  <Analyzer Remove="@(Analyzer)" />
                </ItemGroup>
              </Target>
            </Project>
            """, StringComparison.Ordinal));
        var (exit, output) = feed.Start(folder, "dotnet", "build", "-c", "Release", property);
        Assert.NotEqual(0, exit);
        var errors = output.Split('\n').Where(l => l.Contains("error ", StringComparison.Ordinal)).Select(l => l.Trim()).Distinct().ToArray();
        Assert.True(errors.Length == 1, output);
        Assert.Contains("error " + code, errors[0], StringComparison.Ordinal);
        Assert.Contains(text, errors[0], StringComparison.Ordinal);
    }

    private static void CheckWarnings(string output) => Assert.DoesNotContain(
        output.Split('\n'), line => line.Contains("warning ", StringComparison.Ordinal) && !KnownWarnings.Any(k => line.Contains(k, StringComparison.Ordinal)));

    private static string Address(Process server)
    {
        while (server.StandardOutput.ReadLine() is { } line)
        {
            if (line.IndexOf("http://127.0.0.1:", StringComparison.Ordinal) is >= 0 and var at)
            {
                return line[at..].Trim();
            }
        }

        throw new InvalidOperationException("The server ended: " + server.StandardError.ReadToEnd());
    }

    private string Run(string folder, string program, params string[] arguments)
    {
        var (code, output) = feed.Start(folder, program, arguments);
        Assert.True(code == 0, output);
        return output;
    }
}
