using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Fovea.EndToEnd.Publishing;

/// <summary>
/// The least detector published trimmed and as a native program, as it is and with <c>FoveaCuda=false</c>: what is in it, and what it says.
/// </summary>
public sealed class LeavingCudaOutTests : IDisposable
{
    /// <summary>What options and errors name; they are declarations only.</summary>
    private static readonly string[] Seam = ["CudaFeature", "CudaFailure", "CudaException", "ICudaDriver", "CudnnBinding", "Precision"];

    /// <summary>Types of the backend, names of the libraries that it opens, the archive of PTX.</summary>
    private static readonly string[] OfCuda =
        ["CudaBackend", "CudaContext", "CudnnConvolutions", "libcuda.so.1", "cudnnBackendFinalize", "ptx.zip"];

    private readonly string folder = Directory.CreateTempSubdirectory("fovea-publish-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableFact]
    public void Without_CUDA_neither_backend_nor_PTX_is_published_and_who_asks_for_it_is_told()
    {
        var (with, without) = (Publish("Trimmed", cuda: true), Publish("Trimmed", cuda: false));

        Assert.Contains("ptx.zip", Resources(Kernels(with)));
        Assert.Contains("CudaBackend", CudaTypes(Runtime(with)));
        Assert.True(!File.Exists(Kernels(without)) || !Resources(Kernels(without)).Contains("ptx.zip"), "the PTX is there");
        Assert.Empty(CudaTypes(Runtime(without)).Concat(CudaTypes(Kernels(without))).Except(Seam));
        Assert.True(Size(without) < Size(with) - 1_200_000, $"{Size(without)} bytes without CUDA, {Size(with)} with it");
        CheckWhatIsSaid(with, without);
    }

    [SkippableFact]
    public void Without_CUDA_a_native_program_has_neither_backend_nor_PTX_and_who_asks_for_it_is_told()
    {
        var (with, without) = (Publish("Native", cuda: true), Publish("Native", cuda: false));

        var (whole, rest) = (File.ReadAllBytes(Executable(with)), File.ReadAllBytes(Executable(without)));
        Assert.All(OfCuda, text => Assert.True(Holds(whole, text), $"{text} is not where CUDA is: it proves nothing"));
        Assert.DoesNotContain(OfCuda, text => Holds(rest, text));
        Assert.True(rest.Length < whole.Length - 2_500_000, $"{rest.Length} bytes without CUDA, {whole.Length} with it");
        CheckWhatIsSaid(with, without);
    }

    private static void CheckWhatIsSaid(string with, string without)
    {
        var said = Run(without);
        Assert.StartsWith("cpu", said[0], StringComparison.Ordinal);
        Assert.EndsWith("CUDA was left out (FoveaCuda=false)", said[0], StringComparison.Ordinal);
        Assert.StartsWith("found ", said[1], StringComparison.Ordinal);
        Assert.StartsWith("LeftOut: CUDA was left out", said[2], StringComparison.Ordinal);
        Assert.Contains("<FoveaCuda>false</FoveaCuda>", said[2], StringComparison.Ordinal);
        Assert.DoesNotContain("left out", Run(with)[0], StringComparison.Ordinal);
    }

    private static string Runtime(string published) => Path.Combine(published, "Fovea.Runtime.dll");

    private static string Kernels(string published) => Path.Combine(published, "Fovea.Kernels.dll");

    private static long Size(string published) =>
        new[] { Runtime(published), Kernels(published) }.Where(File.Exists).Sum(path => new FileInfo(path).Length);

    private static List<string> Resources(string path)
    {
        using var assembly = new PEReader(File.OpenRead(path));
        var metadata = assembly.GetMetadataReader();
        return [.. metadata.ManifestResources.Select(r => metadata.GetString(metadata.GetManifestResource(r).Name))];
    }

    /// <summary>Names of the types in Fovea.Cuda and below it, and of those that say so elsewhere.</summary>
    private static List<string> CudaTypes(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var assembly = new PEReader(File.OpenRead(path));
        var metadata = assembly.GetMetadataReader();
        return [.. from handle in metadata.TypeDefinitions
                   let type = metadata.GetTypeDefinition(handle)
                   let name = metadata.GetString(type.Name)
                   where name.StartsWith("Cuda", StringComparison.Ordinal)
                       || (metadata.GetString(type.Namespace) + ".").StartsWith("Fovea.Cuda.", StringComparison.Ordinal)
                   select name];
    }

    /// <summary>Whether a program holds a text: metadata and entry points are UTF-8, strings of C# UTF-16.</summary>
    private static bool Holds(ReadOnlySpan<byte> program, string text) =>
        program.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0 || program.IndexOf(Encoding.Unicode.GetBytes(text)) >= 0;

    private static string Executable(string published) =>
        Path.Combine(published, OperatingSystem.IsWindows() ? "TrimmedDetector.exe" : "TrimmedDetector");

    private static string[] Run(string published)
    {
        var (code, output) = Start(Executable(published));
        Assert.True(code == 0, output);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static (int Code, string Output) Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>The folder of bin/Release or bin/Debug, where these tests and what they refer to have been built.</summary>
    private static string Configuration() => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string Project()
    {
        var tests = new DirectoryInfo(AppContext.BaseDirectory);
        while (tests is not null && !File.Exists(Path.Combine(tests.FullName, "Fovea.slnx")))
        {
            tests = tests.Parent;
        }

        Skip.If(tests is null, "The sources are not here: there is nothing to publish.");
        return Path.Combine(tests.FullName, "Tests", "TrimmedDetector", "TrimmedDetector.csproj");
    }

    private string Publish(string kind, bool cuda)
    {
        var published = Path.Combine(folder, kind + (cuda ? "-with" : "-without"));
        var (code, output) = Start(
            "dotnet", "publish", Project(), "-c", Configuration(), "-v", "q", "--nologo", "-nodereuse:false", "-p:Publish=" + kind,
            "-p:FoveaCuda=" + (cuda ? "true" : "false"), "-o", published);
        Skip.If(
            code != 0 && (output.Contains("error NU1", StringComparison.Ordinal) || output.Contains("error NU3", StringComparison.Ordinal)),
            "The runtime pack, the trimmer or the native compiler cannot be restored here: " + output);
        Skip.If(code != 0 && output.Contains("Platform linker", StringComparison.Ordinal), "There is no linker here: " + output);
        Assert.True(code == 0, output);
        return published;
    }
}
