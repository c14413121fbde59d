namespace Fovea.Generator.Tests.Validation;

/// <summary>A program as nobody writes it on purpose.</summary>
/// <param name="Name">A sentence that says what is odd.</param>
/// <param name="Source">Its files, without <c>using Fovea</c>. <c>[Toy]</c> stands for the attributes of a small detector of the enum E.</param>
/// <param name="Report">The one error: its id and what it underlines. Empty for a program that is fine.</param>
internal sealed record OddProgram(string Name, string[] Source, string Report = "")
{
    private const string Toy =
        "[RetinaNet<E>(Backbone.Custom)] [Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)] "
        + "[Pyramid(MinLevel = 4, MaxLevel = 4, Channels = 8)] [Head(Depth = 1)] [InputSize(32, 32)]";

    public IEnumerable<string> Files => Source.Select(text => "using Fovea;\n" + text.Replace("[Toy]", Toy, StringComparison.Ordinal));
}
