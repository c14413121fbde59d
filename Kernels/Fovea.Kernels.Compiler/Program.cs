using Fovea.Kernels.Compiler;

const string Usage = """
    usage: dotnet run --project Kernels/Fovea.Kernels.Compiler -- build [SOURCE …] | check
      build   compiles Sources/*.cu (or those named) with clang 19 into ptx/, and writes the typed launches into Generated/
      check   does the same beside the tree and fails, naming the files, unless every byte is the same
    """;

var folder = KernelFolder.Find();
switch (args)
{
    case ["build", .. var names]:
        return Build(names);
    case ["check"]:
        return Check();
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

int Build(string[] names)
{
    foreach (var file in Output.Of(folder, names))
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        File.WriteAllText(file.Path, file.Text);
        Console.WriteLine(Path.GetRelativePath(folder.Root, file.Path));
    }

    return 0;
}

int Check()
{
    var files = Output.Of(folder, []);
    var stale = files.Where(f => !File.Exists(f.Path) || File.ReadAllText(f.Path) != f.Text).Select(f => f.Path);
    var orphans = folder.OutputFiles().Except(files.Select(f => f.Path));
    var wrong = stale.Concat(orphans).ToList();
    foreach (var path in wrong)
    {
        Console.Error.WriteLine($"{Path.GetRelativePath(folder.Root, path)}: differs from what its source gives; run build and commit.");
    }

    Console.WriteLine($"{files.Count} files from {folder.Sources().Count} sources, {wrong.Count} stale");
    return wrong.Count == 0 ? 0 : 1;
}
