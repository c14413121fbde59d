namespace Fovea.Tests.Architecture;

/// <summary>
/// No folder knows one above it. The tables are the order from bottom to top: a folder may name what lies in the rows before its own,
/// and in itself; folders of one row do not know each other. A folder stands for its subfolders, unless they have rows of their own.
/// </summary>
public class FolderArrowsTests
{
    private static readonly Layers Runtime = new(
        "Runtime/Fovea.Runtime",
        ["Files", "Numerics", "Tensors"],
        ["Detection"], // boxes, anchors, rules, classes: geometry without memory
        ["Description"], // a network in numbers
        ["Imaging", "Cpu/Gemm", "Cuda/Libraries", "Cuda/Streams", "Cuda/Cudnn"],
        ["Cpu/Kernels", "Cuda/Driver"],
        ["Cpu", "Cuda"], // devices: memory, pool, streams, kernel table
        ["Ops"], // operators, each for all devices
        ["Program"], // what a generated network is: methods over a backend, and plans
        ["Data", "Steps"],
        ["Drawing", "Devices"], // what all devices share
        ["Devices/Cpu", "Devices/Cuda"],
        ["Checkpoints", "Evaluation"],
        ["Model"], // detector, sessions
        ["Training"]);

    private static readonly Layers Generator = new(
        "Generator/Fovea.Generator",
        ["Spec"],
        ["Graph"],
        ["Graph/Ops", "Declarations"], // attributes with their arguments, and problems with them
        ["Lowering"], // backbone and pyramid as primitives
        ["Heads"], // each a folder: its attributes, rules, operators
        ["Parsing", "Passes"],
        ["Validation", "Planning"],
        ["Emission"],
        [""]); // the generator itself

    [SkippableFact]
    public void No_folder_of_the_runtime_knows_one_above_it() => Runtime.Check();

    [SkippableFact]
    public void No_folder_of_the_generator_knows_one_above_it() => Generator.Check();

    [Fact]
    public void A_name_of_a_higher_folder_is_found_and_told()
    {
        var layers = new Layers("", ["A"], ["B", "C"], ["A/Inner"]);
        Arrow Of(string from, params string[] to) => new(from, to, $"{from}/File.cs:1", "Type.Member");

        Assert.Empty(layers.Problems([Of("B", "A"), Of("C/Sub", "A"), Of("A/Inner", "C"), Of("B/Sub", "B"), Of("C", "A/Inner", "A")]));
        Assert.Equal("A/File.cs:1 names Type.Member of B: A lies below", Assert.Single(layers.Problems([Of("A", "B")])));
        Assert.Equal("B/File.cs:1 names Type.Member of C: neither lies above the other", Assert.Single(layers.Problems([Of("B", "C")])));
        Assert.Equal("C/File.cs:1 names Type.Member of A/Inner: C lies below", Assert.Single(layers.Problems([Of("C", "A/Inner")])));
        Assert.Equal("D has no row in the table", Assert.Single(layers.Problems([Of("D", "A")])));
        layers.Exceptions["A/File.cs -> Type"] = "because";
        Assert.Empty(layers.Problems([Of("A", "B")]));
        Assert.Equal("The exception A/File.cs -> Type is not needed any more", Assert.Single(layers.Problems([])));
    }
}
