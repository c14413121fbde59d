using System.Diagnostics;
using Fovea.Checkpoints;
using Fovea.Cuda.Tests.Processes;

namespace Fovea.EndToEnd.Processes;

/// <summary>A disk of eight megabytes, mounted for one process alone, that something else fills while a training runs.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Mount = "mount -t tmpfs -o size=8m none \"$1\"";

    // The disk, the folder for what the test looks at, and the training's command. The filler takes what is left to the last byte.
    private const string Script = $$"""
        set -u
        {{Mount}} || exit 77
        disk=$1; kept=$2; shift 2
        "$@" --checkpoint-steps 1 > "$kept/first.out" 2> "$kept/first.err" &
        until grep -q "step 3 begins" "$kept/first.out"; do
          kill -0 $! || break
          sleep 0.05
        done
        while kill -0 $! 2> /dev/null; do
          cat /dev/zero >> "$disk/filler" 2> /dev/null
          sleep 0.05
        done
        wait $!
        echo $? > "$kept/first.code"
        cp -r "$disk/run" "$kept/run"
        rm "$disk/filler"
        "$@" --resume > "$kept/second.out" 2> "$kept/second.err"
        echo $? > "$kept/second.code"
        cp "$disk/run/last.safetensors" "$kept/last.safetensors"
        """;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SkippableFact]
    public void What_was_saved_before_is_whole_and_the_training_goes_on_when_there_is_room()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Disks of one's own are Linux's.");
        var (disk, kept) = (folder.File("disk"), folder.File("kept"));
        Directory.CreateDirectory(disk);
        Directory.CreateDirectory(kept);
        TinyData.Write(folder.File("data"));
        Skip.If(Unshared(Mount, disk) != 0, "This system lets nobody mount a disk of one's own (unshare --user --mount).");

        var code = Unshared(Script, [disk, kept, .. TinyRun.Command(Train(Path.Combine(disk, "run")))]);
        Assert.True(code == 0, $"the script ended with {code}:\n{Kept("first.out")}\n{Kept("first.err")}");

        // Told, with what to do; and not with success.
        Assert.Equal("1", Kept("first.code"));
        Assert.Contains("No space left on device", Kept("first.err"), StringComparison.Ordinal);
        Assert.Contains("training.safetensors", Kept("first.err"), StringComparison.Ordinal);
        using (var state = SafetensorsFile.Open(Path.Combine(kept, "run", "training.safetensors")))
        {
            Assert.Contains(state.Metadata["fovea.training.total_iterations"], (string[])["2", "3", "4", "5", "6", "7"]);
        }

        Assert.Empty(Directory.GetFiles(Path.Combine(kept, "run"), "*.partial"));
        Assert.True(Kept("second.code") == "0", Kept("second.err"));
        using var straight = TinyRun.Start(0, stepSeconds: 1, Train(folder.File("straight")));
        Assert.Equal(0, straight.Wait().Code);
        Assert.Equal(TinyRun.Hash(Path.Combine(folder.File("straight"), "last.safetensors")), TinyRun.Hash(Path.Combine(kept, "last.safetensors")));
    }

    private string[] Train(string output) =>
        ["train", "--data", folder.File("data"), "--out", output, "--epochs", "4", "--no-plots"];

    private string Kept(string name) => File.ReadAllText(Path.Combine(folder.File("kept"), name)).Trim();

    private static int Unshared(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", .. arguments])
        {
            RedirectStandardError = true,
        };
        start.Environment["FOVEA_TINY_STEP_SECONDS"] = "1";
        try
        {
            using var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            if (!process.WaitForExit(TimeSpan.FromSeconds(120)))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail("the script has not ended after 120 s.");
            }

            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 127;
        }
    }
}
