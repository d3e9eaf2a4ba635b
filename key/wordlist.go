package key

// wordList is the list of Words, in alphabetical order: 2,048 English words of
// four to eight letters. No two share their first four letters, none begins
// another, and words that sound like others were left out, so that a
// fingerprint survives the telephone. The list never changes: it is part of
// spec/key.md, and is also at spec/vectors/key/words.txt.
const wordList = `
abacus abbey abdomen able aboard about above abroad absent absorb abstract absurd academy accent
accord acid acorn acre acrobat action actor actual address adequate adjust admiral adobe adult
advance adverb aerial afar affirm afford after again agate agency agile agree ahead airport
alarm album alcove alder alert algebra align alike alive alley allow almanac almond aloe alone
alpha already also always amateur amaze amber amend ample amuse anagram analog anchor ancient
angle animal ankle annex annual another answer antique anvil apart apple april apron aqua arable
arbor arcade arch arctic area arena argue arise armor aroma around arrange arrive arrow artist
ascend aside aspect asset assist aster athlete atlas atom attach attend attic auburn audit
august author auto autumn average avid avocado avoid awake award away awning axis axle azure
baby bacon badge bagel baggage bait bake balance balcony balloon bamboo banana banjo bank banner
barber bark barley barn barrel basic basket bath baton battery bazaar bead beagle beak beam bean
beauty beaver because become beef beetle before begin behave behind believe belong belt bench
bend benefit best better between beyond bicycle bike bind bingo birch bird biscuit bison blade
blame blanket blaze blend bless blimp blink block blossom blush boat bobbin body bold bolt
bonfire bongo bonus book border borrow boss botany bottle bounce bowl bracket braid branch brass
brave breeze brick bridge brief bring brisk broad broccoli bronze brook brush bubble bucket
budget buffalo bugle build bulb bull bundle bunker burden bureau burn burst bush busy butter
buyer buzz bypass cabbage cabin cable cactus cadet cake calcium calf call calm camel camp canal
candle canvas canyon cape captain carbon card care cargo carpet carry cart carve case castle
catch cattle caution cave cedar ceiling celery cello cement census center ceramic certain chain
chalk champion chance chapter charm chase cheap check cheer chef cherry chess chicken chief
child chime chin choice choose chorus chunk cider cinema circle citizen citrus city civic claim
clamp clap class clay clean clerk clever client cliff climb clinic clip clock close cloth cloud
clover clown club clue coach coast coat cobalt cobbler cocoa code coffee coil coin cold collar
color column comb come comfort common compass concert condor cone confirm connect cook cool
copper copy coral cork corn correct cosmic cost cottage couch cougar country couple cousin cover
coyote crab cradle craft crane crater crayon cream credit crest crew cricket crisp critic crocus
crop cross crowd crumb crystal cube cuckoo cucumber culture curb curious curtain curve cushion
custom cute cycle cypress dahlia daily dairy daisy damp dance daring dark dash data date dawn
dazzle deal debate debut decade decide deck declare decor deed deep default defend define degree
delay deliver delta demand dense dentist depart depend depot deputy derive design desk detail
detect develop device diagram dial diamond diary dice diesel diet differ digit dilemma dill dime
dinner dinosaur diploma direct disc dish ditch diver divide dock doctor doll dolphin domain dome
dominoes donate donkey donor door dose double dough dove down dozen draft dragon drama draw
dream dress drift drill drink drive drop drum duck duet dull dune duplex durable dusk dust duty
dwell dynamic eager eagle early earth easel east easy echo eclipse ecology economy edge edit
educate effort either elastic elbow elder elect elegant element ember emblem embrace emerald
emit emotion employ empty enable enamel encore endless energy engage engine enhance enjoy enlist
enough enrich ensure enter entire entry envelope epic episode equal equip erase errand erupt
escape essay essence estate ether evening evident exact example excess excite excuse exempt
exhibit exile exist exit exotic expand expert explain express extend extra fable fabric face
fact fade faith falcon fall fame family famous fancy fantasy farm fashion fast father faucet
fault favor feast feather february federal feel fellow felt fence fennel fern ferry fetch fever
fiber fiction fiddle field fifteen figure file fill film filter final finch fine finger finish
fire firm first fiscal fish five flag flame flannel flap flash flat flavor flax fleet flesh
flight flint flip float flock floor flow fluent flute foam focus foil fold foliage folk follow
fond food foot forest forget fork formal fort fossil foster found foyer fragile frame freedom
freight fresh friend frog front frost frown frozen fruit fuel full funnel furnace future fuzzy
gable gadget gain galaxy gallery game gander garage garden garlic garment gather gauge gazelle
gear gecko general genius gentle genuine geology geranium gesture geyser giant gift giggle
ginger giraffe give glacier glad glance glass glaze gleam glide glimpse glitter globe gloom
glove glow glucose glue goal goat goblet gold golf gondola good goose gopher gorge govern gown
grab grace grain grand grape gravity gray green grid grill grip grocery group grove grow guard
guess guide guild guitar gulf gull guru gust habit haiku half halo hammer hamster hand happy
harbor hard harp harvest hatch haven hawk hazard hazel head health heart heat heavy hedge height
hello helmet help hemp herb hero hidden high hike hill hint hippo history hobby hockey hold
holiday hollow home honest hood hoof hook hope horizon horn host hotel house hover howl huddle
huge hull human humble humor hundred hungry hunt hurdle hurry husk hybrid hydrant hyphen icicle
icon idea igloo ignore iguana illness image imitate immense immune impact import improve impulse
inch include income index indigo indoor industry infant inform ingot inherit initial inject
inlet inmate inner input inquiry insect inside inspire install intact invest invite involve iris
iron island isolate issue item ivory jacket jade jaguar january jasmine jazz jelly jersey jewel
jigsaw jockey join joke jolly journal judge juggle juice july jumble jump june jungle junior
jury jute kale kayak keel keen keep kelp kennel kettle kick kidney kiln kilo kind kiosk kitchen
kite kitten kiwi knee knife knit knock koala label labor lace lack ladder lagoon lake lamb lamp
land lantern lapel large lark laser last latch late lather laugh launch laurel lava lawn layer
lazy leader leaf league leap learn lease leather leave lecture ledge left legal legend leisure
lemon lend length lens leopard letter level liberty library license lift light like lilac lily
limb lime limit line lion liquid list liter little live lizard llama load loaf lobby lobster
local lock locust lodge loft logic long look loop lose lottery lotus loud lounge love loyal
lucky luggage lumber lunar lunch lung lush luxury lyric machine magenta magic magnet magpie
mahogany major make mallet mammal manage mandate mango mansion manual maple marble march margin
marine market marmot marsh mask mason mass master match math matrix matter maximum meadow meal
measure media melody melt member memory mention menu mercy merge merit merry mesh message meteor
method metric middle migrate mild milk mill mimic mind mineral mint minute miracle mirror miss
mitten mobile model modify moment monday monitor monkey month mood moon moral more morning
mosaic moss most motel mother motion motor mountain mouse mouth move movie much muffin mule
mural museum mushroom music mute mutual myrtle myself mystery myth nail name napkin narrow
nation nature near neat nebula neck nectar needle neglect neither nephew nerve nest network
neutral never news next nice nickel niece nimble nine noble noise nomad noodle noon normal north
notable note nothing notice nougat nova novel nozzle nuance number nurse nutmeg nylon oasis obey
object oblige oboe observe obtain obvious ocean ochre october odor offer office often okay olive
olympic omega omit onion online onset onward onyx opal open opera opinion oppose optical oracle
orange orbit orchard ordeal ordinary oregano organ orient osprey ostrich other otter ounce
outdoor oval oven oxide oxygen oyster ozone pack paddle page paint palace palm panda panel pansy
panther papaya paper parade parent park parrot party pass patch path patio patrol pattern pave
payment peach peanut pebble pecan pelican pencil penguin peony people pepper perfect period
permit person phase phone photo phrase physics piano pickle picnic picture pigeon pile pillow
pilot pinch pine pink pioneer pipe pitch pivot pizza place planet plastic play plaza please
pledge plenty plot plow plug plunge pocket podium poem poet point polar police pollen polo pond
pony pool poplar popular porch port pose position post potato potent pottery pouch powder power
praise prefer prepare present pretty prevent price primary print prism private prize problem
produce program promise proof property protect proud provide prune public pudding puffin pull
pulp pulse puma pump punch pupil puppet pure purple purse push puzzle pyramid python quail
quality quantum quarter query quest quick quiet quill quince quit quiver quiz quota rabbit
raccoon race rack radar radio raft rail rally ramp ranch random range rapid rare rascal rate
rather raven razor reach ready real reason rebel rebuild recall receive recipe record recycle
reduce reef reflect reform refuse region regret regular reject relax release relief rely remain
remember remind remote render renew rent reopen repair repeat reply report require rescue resist
response rest result retire return reunion reveal reward rhubarb rhythm ribbon rice rich ride
ridge rigid rinse ripple rise ritual rival river roast robin robot robust rock rodeo romance
roof rook room rope rotate round rover rubber ruby rudder rugby rule rumba runway rural rush
rust saddle safari safe saffron sage salad salmon salon salt salute same sample sand sardine
satin sauna sausage savanna save savor scale scan scarf scatter scholar science scissors scooter
scout scrap screen script scrub scuba sculpt seal search season seat second secret section seed
seek segment select self semi senate senior sense sequel serene series service session settle
seven shadow shaft shallow shape share shawl sheep shelf sheriff shield shift shine ship shirt
shiver shoe shop short shoulder shove show shrimp shrub shuffle shut siege sierra sift sign
silent silk silver similar simple sing siren sister size skate sketch skill skin skip skirt slab
slam slate sled sleep slender slice slide slim slipper slogan slope slush small smart smell
smile smith smoke smooth snack snail snake snap sneaker snow soap soccer social sock soda sofa
soft soil solar solid solo solve someone sonar song sonnet soon soprano sorrel sort sound soup
south space spaniel spare spatial spawn speak special speed spell spend sphere spice spider
spike spinach spiral spoil sponge spoon sport spot sprain spring sprout spruce square squid
stable stadium staff stage stamp stand start state stay stem stereo stick still sting stock
stomach stone stool stop store stove straw stream strike strong student stuff stumble subject
submit subway success sudden suede sugar suggest sulfur summer sunny sunset super supper supreme
surface surge surprise survey sushi sustain swallow swamp swan swap swarm swear swift swim swing
switch syntax syrup system table tackle taco tactic tadpole talent talk tall tame tangent tank
tape target tariff tarp task taste tattoo taxi teach teapot tease teeth tell temper tenant
tender tennis tent term terrace test text thank theater theme theory thermal thick thimble thing
third thistle thorn thought thread thrive thumb thunder ticket tidy tiger tile till tilt timber
tinker tiny tissue title toad toast today toddler toffee together toggle token tomato tone
tongue tonight tool tooth topaz topic torch tornado tortoise total toucan tour toward towel town
track trade traffic trail travel tray tree trend trial tribe trick trigger trim trio trip
trolley trophy trouble truck true trumpet trunk trust truth tube tulip tumble tuna tundra tune
tunnel turbine turkey turnip turtle tutor tuxedo twelve twenty twice twig twilight twin twist
type typical umpire unable unaware uncle uncover under undo unfair unfold unhappy unicorn
uniform union unique unit unknown unlock unusual unveil update upgrade uphill uphold upper
upright upset urban urge usage useful usher usual utensil utility utmost utter vacant vacuum
vague valid valley valve vanilla vapor various varnish vase vast vault vector vehicle velvet
vendor venture venue verb verify verse vessel vest veteran viable vibrant victory video view
vigor village vine vintage violin virtue visa visit visual vital vivid vocal voice void volcano
volley volume vote vowel voyage vulture wafer waffle wage wagon walk wall walnut walrus waltz
wand want warbler ward warm wash wasp water wealth weasel weave wedding weekend welcome well
west wharf wheat whisper wicket wide width wild will wing wink winner winter wire wisdom wise
wish wisteria witness wizard wolf wombat wonder wool word work worth wreath wren wrestle wrinkle
wrist yacht yard yarn yawn year yeast yeti yield yogurt young youth yucca zebra zenith zero zest
zigzag zinc zither zodiac zone zoom
`
