using System.Text;
using System.Text.RegularExpressions;
using Fovea.Checkpoints;
using Fovea.Cuda.Cudnn;
using Fovea.Files;
using Fovea.Tests.Data;

namespace Fovea.Tests.Files;

public class AtomicFileTests
{
    /// <summary>Everything in the runtime that writes a file: its name, and what writes it.</summary>
    private static readonly Dictionary<string, Action<string>> Writers = new()
    {
        ["checkpoint.safetensors"] = path =>
        {
            using var detector = ToyDetector.Create(5);
            detector.Save(path);
        },
        ["tensors.safetensors"] = path => CheckpointWriter.Write(path, new SafetensorsWriter()),
        ["picture.png"] = path => ImageFile.SavePng(ImageFileTests.Gradient(8, 8), path),
        ["picture.jpg"] = path => ImageFile.SaveJpeg(ImageFileTests.Gradient(8, 8), path),
        ["labels.json"] = path => CocoWriter.Write(
            new InMemoryDataset<Road>("made", []), path, Path.Combine(Path.GetDirectoryName(path)!, "images")),
    };

    public static TheoryData<string> Names => [.. Writers.Keys];

    [Fact]
    public void The_old_file_is_whole_while_the_new_one_is_written()
    {
        using var folder = new TempFolder();
        var path = folder.Write("file", "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("half of the n"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(path));
            stream.Write("ew"u8);
        });
        Assert.Equal("half of the new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [SkippableFact]
    public void A_symbolic_link_stays_one_and_the_files_mode_is_kept()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links and modes are POSIX's.");
        using var folder = new TempFolder();
        var (file, link, dangling) = (folder.Write("there/file", "old"), folder.File("link"), folder.File("dangling"));
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, Mode);
        }

        File.CreateSymbolicLink(link, file);
        File.CreateSymbolicLink(dangling, folder.File("there/none"));
        AtomicFile.Write(link, "new"u8.ToArray());
        AtomicFile.Write(dangling, "first"u8.ToArray());
        Assert.Equal(file, new FileInfo(link).LinkTarget);
        Assert.Equal(("new", "first"), (File.ReadAllText(file), File.ReadAllText(folder.File("there/none"))));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(Mode, File.GetUnixFileMode(file));
        }
    }

    [SkippableFact]
    public void Pipes_and_devices_are_refused_and_not_waited_for()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The devices are Linux's.");
        using var folder = new TempFolder();
        var pipe = folder.File("pipe");
        using (var make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            make.WaitForExit();
        }

        foreach (var path in new[] { pipe, "/dev/zero", "/dev/null" })
        {
            Assert.Contains("a pipe or a device", Assert.Throws<CheckpointException>(() => ToyDetector.Load(path)).Message, StringComparison.Ordinal);
            Assert.Contains("a pipe or a device", Assert.Throws<InvalidImageException>(() => ImageFile.Decode(path)).Message, StringComparison.Ordinal);
            Assert.Contains("a pipe or a device", Assert.Throws<InvalidImageException>(() => ImageFile.ReadSize(path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_a_crash_has_left_beside_is_no_obstacle()
    {
        using var folder = new TempFolder();
        var path = folder.Write("file", "old");
        folder.Write("file.partial", "much more than the new content, as a program that was killed in mid-write leaves it");
        AtomicFile.Write(path, "new"u8.ToArray());
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_writer_that_throws_leaves_the_old_file_and_its_own_exception()
    {
        using var folder = new TempFolder();
        var path = folder.Write("file", "old");
        Assert.Throws<NotSupportedException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new NotSupportedException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_disk_that_fills_leaves_the_old_file_whole()
    {
        using var folder = new TempFolder();
        var path = folder.Write("file", "old");
        var error = Assert.Throws<IOException>(() => AtomicFile.Write(path, s => s.Write(new byte[1 << 20]), p => new FullDisk(p, 1000)));
        Assert.Contains("file: could not be saved: No space left on device", error.Message, StringComparison.Ordinal);
        Assert.Contains("unchanged", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void What_another_writer_has_open_stays_his()
    {
        using var folder = new TempFolder();
        var path = folder.Write("file", "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("first"u8);
            Assert.Throws<IOException>(() => AtomicFile.Write(path, "second"u8.ToArray()));
        });
        Assert.Equal("first", File.ReadAllText(path));
    }

    /// <summary>A folder in the place of the file beside: whoever writes straight over the old file does not see it.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_writer_leaves_the_old_file_where_it_cannot_write(string name)
    {
        using var folder = new TempFolder();
        var path = folder.Write(name, "old");
        Directory.CreateDirectory(path + ".partial");
        var error = Assert.ThrowsAny<IOException>(() => Writers[name](path));
        Assert.Contains($"{name}: could not be saved", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_writer_replaces_the_old_file_and_makes_its_folder(string name)
    {
        using var folder = new TempFolder();
        var path = folder.File(Path.Combine("new", name));
        Writers[name](path);
        Assert.True(new FileInfo(path).Length > 0);
        File.WriteAllText(path, "old");
        Writers[name](path);
        Assert.NotEqual("old"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_no_error()
    {
        using var folder = new TempFolder();
        var cache = new AutotuneCache(folder.Path, "machine");
        cache.Remember(default, new AutotuneChoice("engine 1", 0, 0, 1));
        File.WriteAllText(cache.Path, "old");
        Directory.CreateDirectory(cache.Path + ".partial");
        Assert.False(cache.Save());
        Assert.Equal("old", File.ReadAllText(cache.Path));
    }

    /// <summary>Read in the sources: a writer that does not know the rule would not be in the list above.</summary>
    [Fact]
    public void Nothing_else_in_the_runtime_or_the_app_writes_a_file()
    {
        string[] ways =
        [
            "File.Write", "File.Append", "File.Create", "File.OpenWrite", "File.Move", "File.Replace", "File.Copy", "FileMode.Create",
            "FileMode.Append", "FileMode.OpenOrCreate", "FileMode.Truncate", "FileAccess.Write", "FileAccess.ReadWrite", "new StreamWriter(",
        ];
        var found = new StringBuilder();
        foreach (var file in Repository.SourcesOf("Runtime").Where(f => Path.GetFileName(f) != "AtomicFile.cs"))
        {
            // A name that only ends in File is another class: AtomicFile, EventFile.
            var text = File.ReadAllText(file);
            foreach (var way in ways.Where(way => Regex.IsMatch(text, $@"(?<!\w){Regex.Escape(way)}")))
            {
                found.AppendLine($"{Path.GetRelativePath(Repository.Folder!, file)}: {way}; write through AtomicFile");
            }
        }

        Assert.Equal("", found.ToString());
    }

    /// <summary>A file on a disk with little room.</summary>
    private sealed class FullDisk(string path, int room) : FileStream(path, FileMode.Create)
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Position + buffer.Length > room)
            {
                base.Write(buffer[..(int)Math.Max(0, room - Position)]);
                throw new IOException("No space left on device");
            }

            base.Write(buffer);
        }
    }
}
