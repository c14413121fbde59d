using System.Numerics;
using Fovea.Generator.Graph;

namespace Fovea.Generator.Declarations;

/// <summary>One part of the network: what it stores, and what its values are like.</summary>
/// <param name="Name">For messages: "layer4".</param>
/// <param name="Elements">Elements of its weights, biases and norms, each tensor a multiple of 64 bytes long.</param>
/// <param name="Maps">Its feature maps, the largest of each kind.</param>
/// <param name="At">The arguments that make it large, the first that is written to blame.</param>
internal sealed record ModelPart(string Name, BigInteger Elements, IReadOnlyList<PartMap> Maps, IReadOnlyList<ArgumentName> At);

/// <summary>A feature map, or a pyramid of them that is one value, in numbers that cannot overflow.</summary>
/// <param name="Channels">Of every level.</param>
/// <param name="Halvings">Of the finest level.</param>
/// <param name="Levels">How many levels lie one behind the other.</param>
internal sealed record PartMap(BigInteger Channels, int Halvings, int Levels = 1)
{
    /// <summary>Elements of one image, with what lies between levels.</summary>
    public BigInteger Length(int height, int width)
    {
        var length = BigInteger.Zero;
        for (var level = 0; level < Levels; level++)
        {
            var cells = (BigInteger)Shape.ExtentOf(height, Halvings + level) * Shape.ExtentOf(width, Halvings + level);
            length += Levels > 1 ? PartSize.Aligned(cells * Channels) : cells * Channels;
        }

        return length;
    }
}
