using System.Security.Cryptography;
using Fovea.Files;

namespace Fovea.Tests.Files;

public class MappedFileTests
{
    [Fact]
    public void A_mapped_file_is_read_as_any_stream()
    {
        using var folder = new TempFolder();
        var content = new byte[100_003];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(folder.File("x"), content);
        using var mapped = MappedFile.Open(folder.File("x"));
        Assert.IsType<MappedFile>(mapped);
        Assert.Equal(content.Length, mapped.Length);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(mapped));
        var part = new byte[50];
        mapped.Position = content.Length - 20;
        Assert.Equal(20, mapped.Read(part));
        Assert.Equal(content[^20..], part[..20]);
        Assert.Equal(0, mapped.Read(part, 0, 50));
        mapped.Position = 1000;
        mapped.ReadExactly(part);
        Assert.Equal(content[1000..1050], part);
        mapped.Position = content.Length + 5;
        Assert.Equal(0, mapped.Read(part));
    }

    [SkippableFact]
    public void A_file_that_is_cut_while_it_is_read_is_an_exception()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows does not cut a file that is mapped.");
        using var folder = new TempFolder();
        File.WriteAllBytes(folder.File("x"), new byte[100_000]);
        using var mapped = MappedFile.Open(folder.File("x"));
        mapped.ReadByte();
        using (var other = new FileStream(folder.File("x"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            other.SetLength(10);
        }

        Assert.Contains("was cut from 100000 to 10 bytes", Assert.Throws<IOException>(() => mapped.ReadExactly(new byte[10])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Closed_it_can_be_replaced()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("x"), "before");
        using (var mapped = MappedFile.Open(folder.File("x")))
        {
            mapped.ReadByte();
        }

        File.WriteAllText(folder.File("x"), "after");
        File.Delete(folder.File("x"));
    }
}
